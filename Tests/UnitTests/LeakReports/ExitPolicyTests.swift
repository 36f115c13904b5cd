import HeapAnalysis
import HeapTestSupport
import Testing

@testable import LeakReports

@Suite("Exit statuses and --fail-on")
struct ExitPolicyTests {
  private static func report(
    _ kind: FindingKind = .retainCycle,
    _ confidence: Confidence = .proven
  ) -> LeakReport {
    var heap = HeapBuilder()
    let node = heap.block("App.Node")
    return heap.report([.example(kind, confidence, core: [node])])
  }

  @Test("the contract's table of run and test")
  func table() throws {
    let policy = try ExitPolicy()
    let clean = HeapBuilder().report([])
    let leaky = Self.report()
    #expect(policy.status(program: .exited(status: 0), report: clean) == 0)
    #expect(policy.status(program: .exited(status: 0), report: leaky) == 23)
    #expect(policy.status(program: .exited(status: 3), report: clean) == 3)
    #expect(policy.status(program: .exited(status: 3), report: leaky) == 3)
    #expect(policy.status(program: .exited(status: 3), report: nil) == 3)
    #expect(policy.status(program: .signalled(11), report: leaky) == 139)
    #expect(policy.status(program: .exited(status: 0), report: nil) == 125)
  }

  @Test("--leak-exit-code changes only what a leak exits with")
  func leakExitCode() throws {
    let policy = try ExitPolicy(leakExitCode: 99)
    #expect(policy.status(program: .exited(status: 0), report: Self.report()) == 99)
    #expect(policy.status(program: .exited(status: 4), report: Self.report()) == 4)
    #expect(policy.status(program: .exited(status: 0), report: nil) == 125)
    #expect(throws: ReportError.self) { try ExitPolicy(leakExitCode: 256) }
    #expect(throws: ReportError.self) { try ExitPolicy(leakExitCode: -1) }
  }

  @Test(
    "by default the four kinds of leak fail from checked on",
    arguments: FindingKind.allCases,
    Confidence.allCases
  )
  func standard(kind: FindingKind, confidence: Confidence) {
    let fails: Bool =
      switch (kind, confidence) {
      case (_, .possible), (.survivor, _), (.zombie, _), (.growth, _): false
      default: true
      }
    #expect(FailurePolicy.standard.fails(Self.report(kind, confidence)) == fails)
  }

  @Test("--fail-on replaces the standard, and means checked where nothing is said")
  func parsing() throws {
    let policy = try FailurePolicy(parsing: "retain-cycle:proven, survivor,zombie:possible")
    #expect(
      policy.thresholds == [.retainCycle: .proven, .survivor: .checked, .zombie: .possible]
    )
    #expect(!policy.fails(Self.report(.retainCycle, .checked)))
    #expect(policy.fails(Self.report(.retainCycle, .proven)))
    #expect(policy.fails(Self.report(.zombie, .possible)))
    #expect(!policy.fails(Self.report(.unreachable, .proven)))
  }

  @Test(
    "nonsense is refused, with what would be right",
    arguments: [
      ("", "retain-cycle"), ("cycle", "retain-cycle"), ("retain-cycle,", "retain-cycle"),
      ("retain-cycle:", "proven"), ("retain-cycle:sure", "proven"),
      ("zombie,zombie", "once"), ("retain-cycle:proven:x", "proven"),
      ("undecided:proven", "undecided"),
    ]
  )
  func refusals(list: String, remedy: String) {
    let error = #expect(throws: ReportError.self) { try FailurePolicy(parsing: list) }
    #expect(error?.code == .wrongUsage)
    #expect(error?.remedy.contains(remedy) == true)
  }

  @Test("a check that could not be decided fails where that is said, in saved reports too")
  func undecided() throws {
    var report = HeapBuilder().report([])
    let policy = try FailurePolicy(parsing: "undecided,survivor")
    #expect(!policy.fails(report))
    report.summary.undecided = 2
    #expect(!FailurePolicy.standard.fails(report))
    #expect(policy.fails(try LeakReport(json: try report.json())))
    #expect(policy.thresholds == [.survivor: .checked])
    var total = HeapBuilder().report([])
    total.merge(report)
    total.merge(report)
    #expect(total.summary.undecided == 4)
  }

  @Test("suppressed and known findings fail nothing")
  func suppressedAndKnown() {
    var report = Self.report()
    report.findings[0].suppressedBy = "Pet"
    #expect(!FailurePolicy.standard.fails(report))
    report.findings[0].suppressedBy = nil
    report.findings[0].baseline = .known
    #expect(!FailurePolicy.standard.fails(report))
    report.findings[0].baseline = .new
    #expect(FailurePolicy.standard.fails(report))
  }

  @Test("success of what could not be examined is 125, unless that is allowed")
  func unexamined() throws {
    var report = HeapBuilder().report([])
    report.findings = []
    report.summary.countsExplained = 0
    report.summary.countsUnexplained = 0
    report.capture.complete = false
    var policy = ExitPolicy.standard
    #expect(policy.status(program: .exited(status: 0), report: report) == 125)
    #expect(policy.status(program: .exited(status: 3), report: report) == 3)
    #expect(policy.status(program: .signalled(9), report: report) == 137)
    policy.allowsUnexamined = true
    #expect(policy.status(program: .exited(status: 0), report: report) == 0)
  }
}
