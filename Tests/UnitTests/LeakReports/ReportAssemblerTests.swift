import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Symbolication
import Testing

@testable import LeakReports

@Suite("Assembling a report")
struct ReportAssemblerTests {
  @Test("the storage of a collection is folded into the property, and the hint follows")
  func storageFolds() throws {
    let finding = try #require(Examples.doubtful.findings.first)
    #expect(finding.path.map(\.via) == ["children[]", "parent"])
    #expect(finding.path[0].to == "App.Tree.Node<Swift.String>")
    #expect(finding.path[1].to == finding.path[0].from)
    #expect(finding.hint?.edges == [1])
    #expect(finding.hint?.text == "make `Tree.Node.parent` weak")
  }

  @Test("arrays of arrays fold into one reference")
  func nestedStorageFolds() throws {
    var heap = HeapBuilder()
    let board = heap.block("App.Board")
    let rows = heap.block(
      "Swift._ContiguousArrayStorage<Swift.Array<App.Cell>>",
      .collectionStorage
    )
    let row = heap.block("Swift._ContiguousArrayStorage<App.Cell>", .collectionStorage)
    let cell = heap.block("App.Cell")
    let path = [
      heap.property(board, "rows", rows), heap.property(rows, "[]", row),
      heap.property(row, "[].piece", cell), heap.property(cell, "board", board, .conservative),
    ]
    let report = heap.report([
      .example(
        core: [board, rows, row, cell],
        path: path,
        hint: .init(change: .weaken, steps: [0, 2], reason: "", frees: 4, isVerified: true)
      )
    ])
    let finding = try #require(report.findings.first)
    #expect(finding.path.map(\.via) == ["rows[][].piece", "board"])
    #expect(finding.path.map(\.exact) == [true, false])
    #expect(finding.hint?.edges == [0])
    #expect(finding.hint?.text == "hold the elements of `Board.rows` weakly")
  }

  @Test("a cycle that begins at a storage is turned to its owner")
  func storageAtTheStart() throws {
    var heap = HeapBuilder()
    let storage = heap.block("Swift._ContiguousArrayStorage<App.Node>", .collectionStorage)
    let node = heap.block("App.Node")
    let path = [heap.property(storage, "[]", node), heap.property(node, "children", storage)]
    let report = heap.report([
      .example(
        core: [node, storage],
        path: path,
        hint: .init(change: .breakByHand, steps: [1], reason: "", frees: 2, isVerified: true)
      )
    ])
    let finding = try #require(report.findings.first)
    #expect(finding.path.map(\.via) == ["children[]"])
    #expect(finding.path[0].from == "App.Node")
    #expect(finding.path[0].to == "App.Node")
    #expect(finding.hint?.edges == [0])
    #expect(
      finding.hint?.text
        == "break the cycle by hand: remove the elements of `Node.children` when they are done"
    )
  }

  @Test("a cycle of nothing but storage is told as it is")
  func onlyStorage() throws {
    var heap = HeapBuilder()
    let first = heap.block("Storage", .collectionStorage)
    let second = heap.block("Storage", .collectionStorage)
    let path = [heap.property(first, "[]", second), heap.property(second, "[]", first)]
    let report = heap.report([.example(core: [first, second], path: path)])
    #expect(report.findings[0].path.map(\.via) == ["[]", "[]"])
    #expect(report.leakedTypes.isEmpty)
    #expect(report.summary.leakedObjects == 2)
  }

  @Test("leaked types are class instances of leaks, each once, without the library's storage")
  func leakedTypes() throws {
    let report = Examples.doubtful
    #expect(
      report.leakedTypes == [.init(type: "App.Tree.Node<Swift.String>", count: 2, bytes: 96)]
    )
    #expect(report.summary.leakedBytes == 160)
    #expect(report.summary.leakedObjects == 3)
    #expect(report.summary.findings == 2)
  }

  @Test(
    "only the four kinds of leak count as leaked, from checked on",
    arguments: FindingKind.allCases,
    Confidence.allCases
  )
  func countedKinds(kind: FindingKind, confidence: Confidence) throws {
    var heap = HeapBuilder()
    let node = heap.block("App.Node")
    let report = heap.report([.example(kind, confidence, core: [node])])
    let leaks: Set<FindingKind> = [.retainCycle, .unbalancedRetain, .unreachable, .stuckTask]
    #expect(report.leakedTypes.isEmpty == !(leaks.contains(kind) && confidence != .possible))
  }

  @Test("live figures count what lives")
  func liveFigures() throws {
    var heap = HeapBuilder()
    _ = heap.block("App.Node", size: 100)
    _ = heap.block("App.Gone", size: 10, state: .deinited)
    _ = heap.block("", .raw, size: 1000)
    let summary = heap.report([], explained: 1, unexplained: 2).summary
    #expect(summary.liveObjects == 1)
    #expect(summary.liveBytes == 1110)
    #expect(summary.countsExplained == 1)
    #expect(summary.countsUnexplained == 2)
  }

  @Test("counts that came out negative are named in a note")
  func negativeCounts() throws {
    var heap = HeapBuilder()
    let node = heap.block("App.Odd")
    let report = heap.report([], negative: [node])
    #expect(report.summary.countsNegative == 1)
    #expect(report.summary.notes.contains { $0.contains("App.Odd") })
  }

  @Test("a C block is the closure in it: part of the reference to it, and made where that is")
  func blocks() throws {
    var heap = HeapBuilder()
    heap.callStack(1, [0x1])
    let item = heap.block("Dispatch.DispatchWorkItem")
    let block = heap.block(HeapType.cBlockName, .cBlock)
    let context = heap.block("closure context", .closureContext, stack: 1)
    let path = [
      heap.property(item, "_block", block), heap.property(block, "", context, function: 0x100),
      heap.property(context, "capture 0", item),
    ]
    var symbols = TestSymbols()
    symbols.closures[0x100] = ClosureDescription(name: "closure #1 in prepare()")
    symbols.frames[0x1] = [
      SymbolicatedFrame(function: "prepare()", image: "App", isLibraryFrame: false)
    ]
    let report = heap.report(
      [
        .example(core: [item, block, context], path: path),
        .example(.unreachable, core: [block], path: []),
      ],
      symbols: symbols
    )
    #expect(report.findings[0].path.map(\.via) == ["_block", "capture 0"])
    #expect(report.findings[0].path.map(\.to).first == "closure #1 in prepare()")
    let alone = report.findings[1]
    #expect(alone.type == "C block of closure #1 in prepare()")
    #expect(alone.allocations.first?.frames.first?.function == "prepare()")
  }

  @Test("raw identifiers have their spaces back, wherever a name is: suppressions are typed")
  func rawIdentifiers() throws {
    let type = "App.`an\u{A0}owner`"
    var heap = HeapBuilder()
    heap.callStack(1, [0x1])
    let owner = heap.block(type, stack: 1)
    let context = heap.block("closure context", .closureContext)
    let path = [
      heap.property(owner, "`on\u{A0}end`", context, function: 0x100),
      heap.property(context, "capture 0", owner),
    ]
    var symbols = TestSymbols()
    symbols.closures[0x100] = ClosureDescription(name: "closure #1 in `a\u{A0}b`()")
    symbols.frames[0x1] = [
      SymbolicatedFrame(function: "`leaks\u{A0}|\u{A0}a`()", image: "App", isLibraryFrame: false)
    ]
    let hint = Finding.Hint(change: .weaken, steps: [0], reason: "", frees: 1, isVerified: true)
    var report = heap.report(
      [.example(core: [owner, context], path: path, hint: hint)],
      symbols: symbols
    )
    #expect(try !report.json().contains("\u{A0}"))
    #expect(report.findings[0].type == "App.`an owner`")
    #expect(report.leakedTypes[0].type == "App.`an owner`")
    #expect(report.attribute(to: [.init(id: "AppTests.`leaks | a`()")]).isEmpty)
    report.apply(try Suppressions(parsing: "leak:an owner\n", file: "a.supp"))
    #expect(report.summary.suppressed == 1)
  }

  @Test("a test that may have left something behind is neither clean nor to blame")
  func suspects() throws {
    var report = Examples.cycleByFields
    let signature = report.findings[0].signature
    #expect(
      report.attribute(to: ["a", "b", "c"].map { .init(id: "AppTests.Suite/\($0)()") }).count == 1
    )
    report.assign(signature, toTest: "AppTests.Suite/a()")
    report.suspect(signature, ofTests: ["AppTests.Suite/a()", "AppTests.Suite/b()"])
    #expect(report.tests.map(\.findings) == [[signature], [], []])
    #expect(report.tests.map(\.possibleFindings) == [[], [signature], []])
    let again = try LeakReport(json: report.json())
    #expect(again.tests == report.tests)
    let text = TextReport.render(report)
    #expect(text.contains("1 test may have left 1 behind"))
    #expect(text.contains("1 other test left nothing behind"))
    let results = JUnitReport.render(report, policy: .standard, root: SourceRoot("/"))
    #expect(results.contains("failures=\"1\" errors=\"0\" skipped=\"1\""), "\(results)")

    // What a baseline knows is nobody's to look for.
    report.findings[0].baseline = .known
    #expect(!TextReport.render(report).contains("may have left"))
    let accepted = JUnitReport.render(report, policy: .standard, root: SourceRoot("/"))
    #expect(accepted.contains("failures=\"0\" errors=\"0\" skipped=\"0\""), "\(accepted)")
  }

  @Test(
    "a test is marked for what it left behind: a leak, an accepted one, or one that isn't listed"
  )
  func marks() throws {
    var report = Examples.cycleByFields
    let signature = report.findings[0].signature
    _ = report.attribute(to: ["a", "b"].map { .init(id: "AppTests.Suite/\($0)()") })
    report.assign(signature, toTest: "AppTests.Suite/a()")
    #expect(TextReport.render(report).contains("  ✘ AppTests.Suite/a()  1: retain cycle of"))

    report.findings[0].baseline = .known
    #expect(TextReport.render(report).contains("  ✔ AppTests.Suite/a()  accepted: retain cycle of"))
    report.findings[0].baseline = .new
    report.findings[0].limit = report.findings[0].count
    #expect(TextReport.render(report).contains("  ✔ AppTests.Suite/a()  accepted: retain cycle of"))
    report.findings[0].limit = report.findings[0].count - 1
    #expect(TextReport.render(report).contains("  ✘ AppTests.Suite/a()  1: retain cycle of"))

    report.list(only: [.zombie])
    let text = TextReport.render(report)
    #expect(text.contains("  ? AppTests.Suite/a()  findings of kinds that --show leaves out"))
    #expect(text.contains("  ✔ 1 other test left nothing behind"))
  }

  @Test("call stacks are grouped, the finding's own type first, the most frequent first")
  func allocationsAreGrouped() throws {
    let finding = try #require(Examples.cycleByFields.findings.first)
    #expect(finding.allocations.map(\.count) == [7, 3, 10])
    #expect(finding.allocations.map(\.type) == ["App.Owner", "App.Owner", "App.Pet"])
    #expect(
      finding.allocations[0].frames.prefix(3).map(\.function)
        == ["swift_allocObject", "Owner.init(name:)", "makeOwner()"]
    )
    #expect(finding.allocations[0].frames.map(\.library).prefix(2) == [true, false])
    #expect(finding.count == 10)
    #expect(finding.bytes == 10 * (48 + 40 + 32 + 4096))
  }

  @Test("the depth cuts call stacks, inlined frames included")
  func depth() throws {
    var heap = HeapBuilder()
    heap.callStack(1, [0x10, 0x1, 0x2])
    let node = heap.block("App.Node", stack: 1)
    var context = ReportContext.example
    context.depth = 2
    let report = heap.report([.example(core: [node])], symbols: .app, context: context)
    #expect(
      report.findings[0].allocations[0].frames.map(\.function)
        == ["swift_allocObject", "Owner.init(name:)"]
    )
  }
}

@Suite("What a finding keeps alive")
struct MemberTests {
  @Test("members are grouped by type and role")
  func members() throws {
    let finding = try #require(Examples.cycleByFields.findings.first)
    #expect(
      finding.members == [
        .init(type: "App.Owner", count: 10, bytes: 480, role: .cycle),
        .init(type: "App.Pet", count: 10, bytes: 400, role: .cycle),
        .init(type: "raw memory", count: 10, bytes: 40960, role: .owned),
        .init(type: "App.Photo", count: 10, bytes: 320, role: .owned),
      ]
    )
  }

  @Test("an object in no cycle is owned by its retain, and what it owns is told apart")
  func unbalancedRetain() throws {
    var heap = HeapBuilder()
    let (first, second, third) = (heap.block("App.N"), heap.block("App.N"), heap.block("App.N"))
    let report = heap.report([
      .example(.unbalancedRetain, core: [first], owned: [second, third])
    ])
    #expect(
      report.findings[0].members == [
        .init(type: "App.N", count: 1, bytes: 48, role: .owned),
        .init(type: "App.N", count: 2, bytes: 96, role: .owned),
      ]
    )
    #expect(TextReport.render(report).contains("keeps alive  2 × App.N, 96 bytes\n"))
  }

  @Test("equal owners in a cycle are told as kept alive, too")
  func ownedOfTheSameType() throws {
    var heap = HeapBuilder()
    let (node, leaf) = (heap.block("App.N"), heap.block("App.N"))
    let step = heap.property(node, "me", node)
    let report = heap.report([.example(core: [node], owned: [leaf], path: [step])])
    #expect(TextReport.render(report).contains("keeps alive  1 × App.N, 48 bytes\n"))
  }
}
