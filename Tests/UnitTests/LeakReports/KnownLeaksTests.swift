import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@testable import LeakReports

@Suite("Known leaks") struct KnownLeaksTests {
  /// A cycle of these references.
  private func report(_ references: [(from: String, via: String)]) -> LeakReport {
    var heap = HeapBuilder()
    let nodes = references.map { heap.block($0.from) }
    let path = references.indices.map { index in
      heap.property(nodes[index], references[index].via, nodes[(index + 1) % nodes.count])
    }
    return heap.report([.example(core: nodes, owned: [], more: [], path: path)], symbols: .app)
  }

  @Test("XCTest's own cycle is marked, fails nothing, and is told apart")
  func own() {
    var report = report([("App.ParserTests", "testRun"), ("XCTest.XCTestCaseRun", "test")])
    #expect(FailurePolicy.standard.fails(report))
    report.mark(.testFrameworks)
    #expect(report.findings[0].suppressedBy?.contains("XCTest keeps every test case") == true)
    #expect(report.summary.suppressed == 1)
    #expect(!FailurePolicy.standard.fails(report))
    #expect(TextReport.render(report).contains("XCTest keeps every test case"))
  }

  /// Objects that nobody releases, with what they keep alive.
  private func retained(
    _ type: String,
    in function: String,
    keeping members: [String] = []
  ) -> LeakReport {
    var report = Examples.cycleByFields
    report.findings[0].kind = .unbalancedRetain
    report.findings[0].type = type
    report.findings[0].path = []
    report.findings[0].members = ([type] + members).map {
      .init(type: $0, count: 1, bytes: 16, role: .owned)
    }
    let frame = LeakReport.Finding.Frame(
      function: function,
      file: nil,
      line: nil,
      image: "libFoundation.so",
      library: true
    )
    report.findings[0].allocations = [.init(count: 1, frames: [frame], type: type)]
    return report
  }

  @Test("what Foundation never frees is known, unless an object of the user's hangs on it")
  func libraries() {
    let known: [(String, String, [String])] = [
      ("Foundation.Timer", "Timer.init()", ["Foundation.__NSCFType", "raw memory"]),
      ("Foundation.__NSCFType", "CFRunArrayCreate", ["Foundation.NSDictionary"]),
      ("FoundationXML.XMLDocument", "XMLDocument.init()", []),
    ]
    for (type, function, members) in known {
      var report = retained(type, in: function, keeping: members)
      report.mark(.libraries)
      #expect(report.findings[0].suppressedBy?.hasPrefix("known in Swift 6.3: Foundation") == true)
      var holding = retained(type, in: function, keeping: members + ["App.Session"])
      holding.mark(.libraries)
      #expect(holding.findings[0].suppressedBy == nil)
      #expect(holding.findings[0].hint?.text.contains("hold your objects weakly in") == true)
    }
    var other = retained("Foundation.__NSCFType", in: "CFArrayCreate")
    other.mark(.libraries)
    #expect(other.findings[0].suppressedBy == nil)
  }

  @Test("a closure or a box that hangs on it is whose code made it")
  func closures() throws {
    for isToolchain in [true, false] {
      for type in ["closure #1 in XCTNSPredicateExpectation.startPolling()", "box of () -> ()"] {
        var report = retained("Foundation.Timer", in: "Timer.init()", keeping: [type])
        report.findings[0].members[1].toolchain = isToolchain ? true : nil
        report = try LeakReport(json: report.json())
        report.mark(.libraries)
        #expect((report.findings[0].suppressedBy != nil) == isToolchain)
      }
    }
  }

  @Test(
    "a cycle with any other reference in it is no known one",
    arguments: [
      [
        ("App.ParserTests", "parser"), ("App.Parser", "delegate"),
      ],
      [
        ("App.ParserTests", "testRun"), ("XCTest.XCTestCaseRun", "test"),
        ("App.ParserTests", "parser"),
      ],
      [("App.Runner", "testRun"), ("App.Run", "test")],
    ]
  )
  func others(references: [(String, String)]) {
    var report = report(references.map { (from: $0.0, via: $0.1) })
    report.mark(.testFrameworks)
    #expect(report.findings[0].suppressedBy == nil)
  }
}

@Suite("Tests and their findings") struct TestAttributionTests {
  private func frame(_ function: String, file: String? = nil) -> LeakReport.Finding.Frame {
    LeakReport.Finding.Frame(
      function: function,
      file: file,
      line: nil,
      image: "App.xctest",
      library: false
    )
  }

  private func tests(
    _ frames: [LeakReport.Finding.Frame],
    _ tests: [TestAttribution.Test]
  ) -> [String] {
    var finding = Examples.cycleByFields.findings[0]
    finding.allocations = [
      LeakReport.Finding.Allocation(count: 1, frames: frames, type: "App.Owner")
    ]
    return TestAttribution(tests).tests(of: finding)
  }

  @Test(
    "a test's function is known in every form that call stacks have for it",
    arguments: [
      ("AppTests.ParserTests/testEmpty", "ParserTests.testEmpty()"),
      ("AppTests.Parser/empty()", "Parser.empty()"),
      ("AppTests.Parser/Nested/empty()", "closure #1 in Parser.Nested.empty()"),
      ("AppTests.Parser/numbers(_:)", "closure #1 in closure #2 in Parser.numbers(_:)"),
      ("AppTests.Parser/shared()", "static Parser.shared()"),
      ("AppTests.free()", "free()"),
      ("AppTests.`leaks | a`()", "`leaks | a`()"),
      (
        "AppTests.`A / b.c`/Inner/`is in, for 1.5`()",
        "closure #1 in `A / b.c`.Inner.`is in, for 1.5`()"
      ),
    ]
  )
  func forms(id: String, function: String) {
    let found = tests(
      [frame("Node.init()"), frame(function), frame("main")],
      [TestAttribution.Test(id: id)]
    )
    #expect(found == [id])
  }

  @Test("what a test calls may have another test's name: the outermost counts")
  func outermost() {
    let both = ["AppTests.A/one()", "AppTests.A/two()"].map { TestAttribution.Test(id: $0) }
    #expect(tests([frame("A.two()"), frame("A.one()")], both) == ["AppTests.A/one()"])
  }

  @Test("of two tests with one name the file decides, and where it can't, neither is accused")
  func ambiguous() {
    let inFiles = [
      TestAttribution.Test(id: "AppTests.free()", file: "A.swift"),
      TestAttribution.Test(id: "OtherTests.free()", file: "B.swift"),
    ]
    #expect(tests([frame("free()", file: "/x/B.swift")], inFiles) == ["OtherTests.free()"])
    #expect(tests([frame("free()")], inFiles).isEmpty)
  }

  @Test("two looks at one program are one report")
  func merging() {
    var report = Examples.cycleByFields
    let other = Examples.cycleByFields
    var more = Examples.cycleThroughClosure
    let waiting = LeakReport.TaskEntry(state: "suspended", function: "serve()", count: 2)
    let running = LeakReport.TaskEntry(state: "running", function: "main()", count: 1)
    report.tasks = [running]
    more.tasks = [waiting, running]
    more.findings[0].signature = "another"
    report.merge(other)
    report.merge(more)
    #expect(report.findings.count == 2)
    #expect(report.tasks.map(\.count) == [2, 2])
    let merged = report.findings.first { $0.signature == other.findings[0].signature }
    #expect(merged?.count == 2 * other.findings[0].count)
    #expect(merged?.bytes == 2 * other.findings[0].bytes)
    #expect(merged?.members.map(\.count) == other.findings[0].members.map { 2 * $0.count })
    #expect(report.summary.findings == 2)
    #expect(
      report.summary.leakedObjects
        == 2 * other.summary.leakedObjects + more.summary.leakedObjects
    )
  }
}
