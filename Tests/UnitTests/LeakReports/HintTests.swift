import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@testable import LeakReports

@Suite("Hints")
struct HintTests {
  /// The hint of a cycle Pet —onEvent→ closure —capture→ Pet.
  private func hint(
    _ change: Finding.Hint.Change = .weaken,
    at step: Int = 1,
    function: UInt64,
    capture: String = "capture 0"
  ) throws -> LeakReport.Finding.Hint {
    var heap = HeapBuilder()
    let pet = heap.block("App.Pet")
    let context = heap.block("closure context", .closureContext)
    let path = [
      heap.property(pet, "onEvent", context, function: function),
      heap.property(context, capture, pet),
    ]
    let report = heap.report(
      [
        .example(
          core: [pet, context],
          path: path,
          hint: .init(change: change, steps: [step], reason: "r", frees: 2, isVerified: true)
        )
      ],
      symbols: .app
    )
    return try #require(report.findings.first?.hint)
  }

  @Test("a capture that debug information names is said with its name and place")
  func namedCapture() throws {
    #expect(
      try hint(function: 0x100).text
        == "capture self weakly in the closure at Pet.swift:12: `[weak self]`"
    )
  }

  @Test("a capture without a name is said with its type")
  func unnamedCapture() throws {
    #expect(try hint(function: 0x200).text == "capture the Pet weakly in closure #2 in Pet.bind()")
  }

  @Test("a part of a captured struct is not called self")
  func partOfACapture() throws {
    #expect(
      try hint(function: 0x100, capture: "capture 0.owner").text
        == "capture the Pet weakly in the closure at Pet.swift:12"
    )
  }

  @Test("a closure of a stripped program is said by the property that holds it")
  func strippedClosure() throws {
    #expect(
      try hint(function: 0x300).text == "capture the Pet weakly in the closure in `Pet.onEvent`"
    )
  }

  @Test("a closure can't be weak, its captures can")
  func closureProperty() throws {
    #expect(
      try hint(at: 0, function: 0x100).text
        == "capture the Pet weakly in the closure at Pet.swift:12"
    )
  }

  @Test("what can't be weak is broken by hand")
  func byHand() throws {
    #expect(
      try hint(.breakByHand, at: 0, function: 0x100).text
        == "break the cycle by hand: set `Pet.onEvent` to nil when it is done"
    )
  }

  @Test("a closure whose context is the captured object itself is named on its step")
  func directContext() throws {
    var heap = HeapBuilder()
    let owner = heap.block("App.Owner")
    let pet = heap.block("App.Pet")
    let path = [
      heap.property(owner, "pet", pet), heap.property(pet, "onEvent", owner, function: 0x100),
    ]
    let report = heap.report(
      [
        .example(
          core: [owner, pet],
          path: path,
          hint: .init(change: .weaken, steps: [1], reason: "", frees: 2, isVerified: true)
        )
      ],
      symbols: .app
    )
    let finding = try #require(report.findings.first)
    #expect(finding.path[1].to == "App.Owner")
    #expect(finding.path[1].captures == ["self"])
    #expect(
      finding.path[1].location
        == .init(
          function: "closure #1 in Pet.bind()",
          file: "/src/App/Sources/App/Pet.swift",
          line: 12
        )
    )
    #expect(
      finding.hint?.text == "capture self weakly in the closure at Pet.swift:12: `[weak self]`"
    )
    let text = TextReport.render(report)
    #expect(text.contains("onEvent → closure #1 in Pet.bind(), which captures self → App.Owner"))
    #expect(text.contains("make this capture weak"))
  }

  @Test("an inherited property is said with the class that declares it")
  func inheritedProperty() throws {
    var heap = HeapBuilder()
    let view = heap.block("App.Button")
    let step = heap.property(view, "parent", view, declaredBy: "UI.View")
    let report = heap.report([
      .example(
        core: [view],
        path: [step],
        hint: .init(change: .weaken, steps: [0], reason: "", frees: 1, isVerified: true)
      )
    ])
    #expect(report.findings[0].hint?.text == "make `View.parent` weak")
  }

  @Test(
    "types are shortened to what a person writes",
    arguments: [
      ("App.Pet", "Pet"), ("App.Box<App.Pet>", "Box<Pet>"), ("Pet", "Pet"),
      ("App.Outer.Inner", "Outer.Inner"), ("App.(Pet in $5581e0)", "Pet"),
      ("App.(unknown context at $55d0).Pet", "Pet"),
      ("Swift.Dictionary<Swift.String, App.Pet>", "Dictionary<String, Pet>"),
      ("Swift.Optional<(App.Pet, Swift.Int)>", "Optional<(Pet, Int)>"),
      ("App.Box<(App.Pet) -> ()>", "Box<(Pet) -> ()>"),
      ("App.Box<(extension in App):Other.Pet.Kind>", "Box<Pet.Kind>"),
      ("closure #1 in Pet.bind()", "closure #1 in Pet.bind()"), ("", ""),
    ]
  )
  func shortTypeNames(type: String, short: String) {
    #expect(shortTypeName(type) == short)
  }
}
