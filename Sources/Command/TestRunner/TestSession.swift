internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import LeakReports
package import ProgramRunner

/// A package's tests, from their build to one verdict for each.
package struct TestSession {
  private let arguments: TestArguments
  private let output: ReportOutput
  /// A bundle that is built already.
  package var bundlePath: String?
  /// How long the tests of one library may take.
  package var timeLimit: Duration = .seconds(3600)
  /// Whether tests run again, alone, where no call stack says which of them leaked.
  package var runsAgain = true

  package init(arguments: TestArguments, output: ReportOutput) {
    self.arguments = arguments
    self.output = output
  }

  /// Runs the tests and writes the report; returns the exit status of the whole.
  package func run() throws -> Int32 {
    if let option = arguments.building.first, bundlePath != nil {
      throw SessionError(
        message: "'\(option)' is for a build, and a bundle is built already",
        remedy: "leave it out, or run `remnant test` itself: the plugin builds for debugging"
      )
    }
    let bundle = try bundlePath.map(TestBundle.init(existingAt:)) ?? TestBundle.build(arguments)
    var total: LeakReport?
    var status: Int32 = 0
    var ranAny = false
    var isExamined = true
    // Who asked one library's tests to end doesn't want those of the next to begin.
    for library in TestBundle.Library.allCases where SignalReceiver.shared.ending == nil {
      guard library == .xctest ? arguments.runsXCTest : arguments.runsSwiftTesting else { continue }
      let tests = try arguments.selected(from: bundle.tests(of: library))
      if tests.isEmpty { continue }
      ranAny = true
      let (report, end) = try run(tests, of: library, in: bundle)
      if status == 0 { status = end }
      guard let report else { continue }
      isExamined = isExamined && !report.isUnchecked && report.tests.allSatisfy(\.wasExamined)
      if total == nil { total = report } else { total?.merge(report) }
    }
    guard ranAny else {
      let all = try TestBundle.Library.allCases.flatMap(bundle.tests)
      throw SessionError(noneSelectedBy: arguments, of: all, in: bundlePath)
    }
    guard var total else {
      return status == 0 && !output.policy.allowsUnexamined ? ExitPolicy.toolFailed : status
    }
    if !arguments.selectsAll {
      // What didn't run is neither fixed nor unused.
      total.fixed = []
      total.suppressions.removeAll { $0.findings == 0 }
    }
    try output.write(total, nextCommand: nextCommand(after: total))
    let verdict = output.policy.status(program: .exited(status: status), report: total)
    let isAccepted = isExamined || output.policy.allowsUnexamined
    guard verdict == 0 && !isAccepted || verdict == ExitPolicy.toolFailed && status == 0 else {
      return verdict
    }
    Terminal.standardError.tell(
      Message(
        "the tests succeeded, but ended before all of them could be examined: see the report's notes",
        remedy: "--allow-unexamined accepts it"
      )
    )
    return ExitPolicy.toolFailed
  }

  private func nextCommand(after report: LeakReport) -> String? {
    guard report.findings.contains(where: { $0.suppressedBy == nil }), output.files.isEmpty else {
      return nil
    }
    return "remnant test --output leaks.html"
  }

  // MARK: One library

  private func run(
    _ tests: [String],
    of library: TestBundle.Library,
    in bundle: TestBundle
  ) throws -> (report: LeakReport?, status: Int32) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try TestRun(
      library: library,
      command: bundle.command(for: library, tests: tests, isAll: arguments.selectsAll, arguments),
      timeLimit: timeLimit,
      output: output.accumulating
    ).run()
    let status =
      result.isTimedOut ? max(128 + SIGTERM, result.end.exitStatus) : result.end.exitStatus
    tellUnfinished(result, of: library, limit: timeLimit)
    guard var report = result.report else { return (nil, status) }
    if !result.unfinished.isEmpty { report.summary.notes.append(note(on: result, of: library)) }
    report.mark(.testFrameworks)
    output.accepted.mark(&report)
    let ran = library.listed(result.tests, in: tests)
    let unfinished = Set(
      library.listed(result.unfinished.map { .init(id: $0) }, in: tests).map(\.id)
    )
    let unassigned = report.attribute(to: ran, unfinished: unfinished).filter {
      output.policy.failurePolicy.fails($0.finding)
    }
    if unassigned.isEmpty { return (report, status) }
    let ids = ran.map(\.id)
    // Where nobody looks, it may be any of them.
    var undecided = Dictionary(unassigned.map { ($0.finding.signature, Set(ids)) }) { first, _ in
      first
    }
    if runsAgain, result.unfinished.isEmpty, report.capture.complete,
      SignalReceiver.shared.ending == nil
    {
      let limit = max(.seconds(60), start.duration(to: clock.now) * 2)
      let search = TestSearch(limit: limit, showsProgress: output.showsProgress) {
        leaks(of: $0, library, in: bundle, limit: limit)
      }
      let outcome = search.run(unassigned, among: ids)
      for (signature, test) in outcome.found { report.assign(signature, toTest: test) }
      undecided = outcome.undecided
    }
    for leak in unassigned {
      let signature = leak.finding.signature
      report.suspect(signature, ofTests: undecided[signature, default: []])
    }
    return (report, status)
  }

  /// What some tests leave behind that run again, out of sight; nil where it can't be known.
  private func leaks(
    of tests: [String],
    _ library: TestBundle.Library,
    in bundle: TestBundle,
    limit: Duration
  ) -> [String: Int]? {
    var quiet = output.accumulating
    quiet.showsProgress = false
    let run = TestRun(
      library: library,
      command: bundle.command(for: library, tests: tests, isAll: false, arguments),
      timeLimit: limit,
      output: quiet,
      isHidden: true
    )
    guard let result = try? run.run(), let report = result.report, result.unfinished.isEmpty,
      !report.isUnchecked
    else { return nil }
    return Dictionary(report.findings.map { ($0.signature, $0.count) }) { $0 + $1 }
  }

  private func note(on result: TestRun.Result, of library: TestBundle.Library) -> String {
    let names = result.unfinished.prefix(5).joined(separator: ", ")
    let more = result.unfinished.count > 5 ? " and \(result.unfinished.count - 5) more" : ""
    let how =
      switch result.end {
      case _ where result.isTimedOut: "their time was up"
      case .killed(let signal):
        "signal \(signal) (\(String(cString: strsignal(signal)))) ended them"
      case .exited(let status): "they ended with status \(status)"
      }
    return "\(library.name): \(names)\(more) had begun and not ended when \(how)."
  }

  private func tellUnfinished(
    _ result: TestRun.Result,
    of library: TestBundle.Library,
    limit: Duration
  ) {
    guard !result.unfinished.isEmpty else { return }
    Terminal.standardError.tell(Message(note(on: result, of: library)))
  }
}
