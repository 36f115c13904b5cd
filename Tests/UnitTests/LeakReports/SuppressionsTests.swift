import HeapAnalysis
import Testing

@testable import LeakReports

@Suite("Suppressions") struct SuppressionsTests {
  private func suppressed(
    _ text: String,
    _ report: LeakReport = Examples.cycleByFields
  ) throws -> LeakReport {
    var report = report
    report.apply(try Suppressions(parsing: text, file: "leaks.supp"))
    return report
  }

  @Test(
    "a pattern matches a type, a field, a function, a file or a module, anywhere or bound",
    arguments: [
      "leak:App.Owner", "leak:Owner", "leak:^App.Pet.owner$", "leak:App.*.owner",
      "leak:^App.Owner$",
      "leak:O*r.p*t", "  leak:App.Pet  ", "leak:*Owner*",
    ]
  )
  func matching(line: String) throws {
    let report = try suppressed(line)
    #expect(
      report.findings.allSatisfy {
        $0.suppressedBy == "leak:" + line.drop { $0 == " " }.dropFirst(5).split(separator: " ")[0]
      }
    )
    #expect(report.summary.suppressed == 1)
    #expect(report.suppressions.map(\.findings) == [1])
    #expect(report.suppressions.map(\.instances) == [10])
    #expect(!FailurePolicy.standard.fails(report))
  }

  @Test(
    "one that matches nothing of it covers nothing, and is told as unused",
    arguments: [
      "leak:App.Cat", "leak:^Owner", "leak:App.Own$", "leak:^App.Pet.own$", "leak:owner*pet",
      "leak:^A$",
      // What a leak only keeps alive hides no leak.
      "leak:App.Photo",
    ]
  )
  func notMatching(line: String) throws {
    let report = try suppressed(line)
    #expect(report.findings.allSatisfy { $0.suppressedBy == nil })
    #expect(report.suppressions.map(\.findings) == [0])
    #expect(FailurePolicy.standard.fails(report))
    #expect(TextReport.render(report).contains("unused: \(line)"))
  }

  @Test("a function, file or module covers a type only where all its call stacks have it")
  func stacks() throws {
    let report = Examples.cycleByFields
    let frames = report.findings[0].allocations.filter { $0.type == "App.Owner" }.map(\.frames)
    try #require(frames.count == 2)
    let common = frames[0].map(\.function).filter { name in
      frames[1].contains { $0.function == name }
    }
    let single = frames[0].map(\.function).filter { name in
      !frames[1].contains { $0.function == name }
    }
    #expect(try suppressed("leak:\(try #require(common.first))", report).summary.suppressed == 1)
    let other = report.findings[0].allocations.filter { $0.type == "App.Pet" }.flatMap(\.frames)
      .map(\.function)
    let only = try #require(single.first { !other.contains($0) })
    #expect(try suppressed("leak:\(only)", report).summary.suppressed == 0)
    #expect(
      try suppressed("leak:\(try #require(frames[0].first?.image))", report).summary.suppressed == 1
    )
  }

  @Test("the comment above patterns is their reason; the first pattern that matches gets the hit")
  func reasons() throws {
    let report = try suppressed(
      """
      # Not a reason: a blank line follows.

      # The registry lives as long
      # as the program.
      leak:App.Owner
      leak:App.Pet
      # Another.
      leak:App.Cat

      leak:App.Dog
      """
    )
    let why = "The registry lives as long as the program."
    #expect(report.suppressions.map(\.reason) == [why, why, "Another.", nil])
    #expect(
      report.suppressions.map(\.source) == [
        "leaks.supp:5", "leaks.supp:6", "leaks.supp:8", "leaks.supp:10",
      ]
    )
    #expect(report.suppressions.map(\.findings) == [1, 0, 0, 0])
    let text = TextReport.render(report)
    #expect(text.contains("10 × leak:App.Owner  The registry lives as long"))
  }

  @Test(
    "a line that makes no sense is refused by its number",
    arguments: [
      ("App.Owner", "leaks.supp:2: 'App.Owner' isn't a suppression"),
      ("race:App.Owner", "there is no kind of suppression 'race'"),
      ("leak:", "would suppress everything"), ("leak:*", "would suppress everything"),
      ("leak:^$", "would suppress everything"),
    ]
  )
  func refused(line: String, message: String) {
    let error = #expect(throws: ReportError.self) {
      try Suppressions(parsing: "# first\n\(line)\n", file: "leaks.supp")
    }
    #expect(error?.description.contains(message) == true)
    #expect(error?.description.contains("leaks.supp:2") == true)
  }

  @Test("lines of Windows are lines")
  func windows() throws {
    let report = try suppressed("# Why.\r\nleak:App.Owner\r\n\r\nleak:App.Cat\r\n")
    #expect(report.suppressions.map(\.line) == ["leak:App.Owner", "leak:App.Cat"])
    #expect(report.suppressions.map(\.source) == ["leaks.supp:2", "leaks.supp:4"])
    #expect(report.suppressions.first?.reason == "Why.")
    #expect(report.summary.suppressed == 1)
  }

  @Test("the same suppressions, on what they have suppressed already, have the same hits")
  func again() throws {
    let once = try suppressed("leak:App.Owner\nleak:App.Cat")
    #expect(try suppressed("leak:App.Owner\nleak:App.Cat", once) == once)
    // Others that cover the same take over.
    let other = try suppressed("leak:Owner", once)
    #expect(other.suppressions.map(\.line) == ["leak:App.Cat", "leak:Owner"])
    #expect(other.suppressions.map(\.findings) == [0, 1])
    #expect(other.summary.suppressed == 1)
  }

  @Test("what is generated for a leak without a path covers no other leak of its type")
  func generatedForRetain() throws {
    var report = Examples.cycleByFields
    report.findings[0].kind = .unbalancedRetain
    report.findings[0].path = []
    report.findings[0].hint = nil
    report.findings[0].signature = "00000000000000bb"
    let text = Suppressions.text(for: report)
    #expect(text.contains("leak:^00000000000000bb$"))
    #expect(try suppressed(text, report).summary.suppressed == 1)
    #expect(try suppressed(text, Examples.cycleByFields).summary.suppressed == 0)
  }

  @Test("what is generated covers every leak of its report, and names what to change")
  func generated() throws {
    for report in [
      Examples.cycleByFields, Examples.cycleThroughClosure, Examples.doubtful,
      Examples.ring(of: 3, changing: 1),
    ] {
      let text = Suppressions.text(for: report)
      let after = try suppressed(text, report)
      #expect(after.findings.filter(\.isLeak).allSatisfy { $0.suppressedBy != nil }, "\(text)")
      #expect(after.suppressions.allSatisfy { $0.findings > 0 })
    }
    #expect(Suppressions.text(for: Examples.cycleByFields).contains("leak:^App.Pet.owner$"))
  }
}
