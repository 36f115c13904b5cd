import HeapAnalysis
import Testing

@testable import LeakReports
@testable import TestRunner

/// The search runs on tests whose leaks are written down: what it finds must be these.
@Suite struct TestSearchTests {
  private let tests = (1...16).map { "t\($0)" }

  private func unassigned(_ signature: String, tests: [String] = []) -> LeakReport.Unassigned {
    LeakReport.Unassigned(
      finding: LeakReport.Finding(
        signature: signature,
        kind: .retainCycle,
        confidence: .proven,
        reasons: [],
        namedBy: [],
        type: "App.Node",
        count: 1,
        bytes: 32,
        strongCount: 1,
        unownedCount: 0,
        weakCount: 0,
        exactCount: 1,
        possibleCount: 1,
        members: [],
        path: [],
        root: nil,
        allocations: [],
        suspendedIn: nil,
        hint: nil,
        suppressedBy: nil,
        baseline: nil
      ),
      tests: tests
    )
  }

  /// Runs a search over tests that leak what `leaks` says; those of `broken` don't run to their end alone.
  private func search(
    _ findings: [LeakReport.Unassigned],
    _ leaks: [String: Set<String>],
    broken: Set<String> = []
  ) -> (outcome: TestSearch.Outcome, runs: [[String]]) {
    var runs: [[String]] = []
    // An hour: the clock decides nothing here.
    let search = TestSearch(limit: .seconds(3600), showsProgress: false) { group in
      runs.append(group)
      if group.count == 1, broken.contains(group[0]) { return nil }
      return group.reduce(into: [:]) { counts, test in
        for signature in leaks[test, default: []] { counts[signature, default: 0] += 1 }
      }
    }
    let outcome = search.run(findings, among: tests)
    return (outcome, runs)
  }

  private func found(_ outcome: TestSearch.Outcome) -> [String: Set<String>] {
    outcome.found.reduce(into: [:]) { $0[$1.signature, default: []].insert($1.test) }
  }

  @Test(
    "One leaking test of sixteen is found in eight runs, and all tests together don't run again"
  )
  func one() {
    let (outcome, runs) = search([unassigned("a")], ["t11": ["a"]])
    #expect(found(outcome) == ["a": ["t11"]])
    #expect(outcome.undecided.isEmpty)
    #expect(runs.count == 8)
    #expect(!runs.contains(tests))
  }

  @Test("Every test that leaks the same is found, and each of several leaks")
  func several() {
    let leaks: [String: Set<String>] = ["t1": ["a"], "t2": ["a", "b"], "t16": ["b"], "t9": ["c"]]
    let (outcome, _) = search([unassigned("a"), unassigned("b")], leaks)
    #expect(found(outcome) == ["a": ["t1", "t2"], "b": ["t2", "t16"]])
  }

  @Test("Tests that are known to leave some of a finding don't run again to find the others")
  func known() {
    let (outcome, runs) = search([unassigned("a", tests: ["t3"])], ["t3": ["a"], "t5": ["a"]])
    #expect(found(outcome) == ["a": ["t5"]])
    #expect(!runs.joined().contains("t3"))
  }

  @Test("A leak that no test leaves behind alone is assigned to none")
  func together() {
    let (outcome, runs) = search([unassigned("a")], [:])
    #expect(outcome.found.isEmpty && outcome.undecided.isEmpty)
    #expect(runs.count == 2)
  }

  @Test("A test that doesn't run to its end stays undecided, and the others are decided")
  func undecided() {
    let (outcome, _) = search([unassigned("a")], ["t1": ["a"], "t2": ["a"]], broken: ["t2"])
    #expect(found(outcome) == ["a": ["t1"]])
    #expect(outcome.undecided == ["a": ["t2"]])
  }

  @Test("Without time every test stays undecided, and none runs")
  func noTime() {
    let search = TestSearch(limit: .zero, showsProgress: false) { _ in
      Issue.record("a test ran")
      return nil
    }
    let outcome = search.run([unassigned("a")], among: tests)
    #expect(outcome.found.isEmpty)
    #expect(outcome.undecided == ["a": Set(tests)])
  }
}
