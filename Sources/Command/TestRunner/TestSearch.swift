internal import HeapCapture
internal import LeakReports
internal import ProgramRunner

/// Finds out which tests leak something, by running them again, fewer and fewer at a time.
struct TestSearch {
  /// How long all runs together may take.
  let limit: Duration
  let showsProgress: Bool
  /// Runs some tests: how many objects of each finding they leave behind, by its signature; nil where that can't be known.
  let leaks: ([String]) -> [String: Int]?

  struct Outcome {
    /// Pairs of a finding's signature and a test that leaves it behind when it runs alone.
    var found: [(signature: String, test: String)] = []
    /// By signature, the tests that there was no time to look at, or that didn't run to their end.
    var undecided: [String: Set<String>] = [:]
  }

  func run(_ findings: [LeakReport.Unassigned], among tests: [String]) -> Outcome {
    // Those that left some objects of a finding would leave them again, and hide who left the others.
    let named = Set(findings.flatMap(\.tests))
    let whole = findings.filter { $0.tests.isEmpty }.map(\.finding)
    let rest = findings.filter { !$0.tests.isEmpty }.map(\.finding)
    var outcome = Outcome()
    run(whole, among: tests, ranTogether: true, into: &outcome)
    let others = tests.filter { !named.contains($0) }
    run(rest, among: others, ranTogether: named.isEmpty, into: &outcome)
    return outcome
  }

  /// `ranTogether` says that what leaks when all of these run is known.
  private func run(
    _ findings: [LeakReport.Finding],
    among tests: [String],
    ranTogether: Bool,
    into outcome: inout Outcome
  ) {
    if findings.isEmpty || tests.isEmpty { return }
    let clock = ContinuousClock()
    let end = clock.now + limit
    let progress = Progress(isShown: showsProgress)
    defer { progress.clear() }
    var rest = [(tests, Dictionary(findings.map { ($0.signature, $0.count) }) { $0 + $1 })]
    while let (group, wanted) = rest.popLast() {
      var here = wanted
      if group.count < tests.count || !ranTogether {
        progress.show("running \(group.count) tests again, to see which of them leak")
        guard clock.now < end, SignalReceiver.shared.ending == nil, let counts = leaks(group)
        else {
          for signature in wanted.keys {
            outcome.undecided[signature, default: []].formUnion(group)
          }
          continue
        }
        here = wanted.filter { counts[$0.key, default: 0] > 0 }
      }
      if here.isEmpty { continue }
      if group.count == 1 {
        outcome.found += here.keys.sorted().map { ($0, group[0]) }
        continue
      }
      // The first half is looked at first; the second, too: more than one test can leak the same.
      let half = group.count / 2
      rest.append((Array(group[half...]), here))
      rest.append((Array(group[..<half]), here))
    }
  }
}
