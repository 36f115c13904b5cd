internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import LeakReports

/// A package's tests, from their build to one verdict for each.
struct TestSession {
  let arguments: TestArguments
  /// A bundle that is built already.
  let bundlePath: String?
  let depth: Int
  let timeLimit: Duration
  /// Whether tests run again, alone, where no call stack says which of them leaked.
  let runsAgain: Bool
  let output: ReportOutput

  /// Runs the tests and writes the report; returns the exit status of the whole.
  func run() throws -> Int32 {
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
      let tests = try bundle.tests(of: library, arguments)
      if tests.isEmpty { continue }
      ranAny = true
      let (report, end) = try run(tests, of: library, in: bundle)
      if status == 0 { status = end }
      guard let report else { continue }
      isExamined = isExamined && !report.isUnchecked && report.tests.allSatisfy(\.wasExamined)
      if total == nil { total = report } else { total?.merge(report) }
    }
    guard ranAny else { throw try noTests(in: bundle) }
    guard var total else {
      return status == 0 && !output.policy.allowsUnexamined ? ExitPolicy.toolFailed : status
    }
    if !arguments.filters.isEmpty || !arguments.skips.isEmpty {
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

  /// Why no test ran, in terms of what the user asked for.
  private func noTests(in bundle: TestBundle) throws -> SessionError {
    var everything = arguments
    everything.filters = []
    everything.skips = []
    let all = try TestBundle.Library.allCases.flatMap { try bundle.tests(of: $0, everything) }
    if all.isEmpty {
      return SessionError(
        message: bundlePath.map { "'\($0)' has no tests: nothing was checked" }
          ?? "the package has no tests: nothing was checked",
        remedy: bundlePath == nil ? "add a test" : "name a test bundle (NAME.xctest)"
      )
    }
    let tests = all.count == 1 ? "1 test" : "\(all.count) tests"
    if arguments.filters.isEmpty, arguments.skips.isEmpty {
      return SessionError(
        message: "all \(tests) are of a library that is disabled: nothing was checked",
        remedy: "leave --disable-xctest and --disable-swift-testing out"
      )
    }
    guard let filter = arguments.filters.first else {
      return SessionError(
        message: "--skip '\(arguments.skips[0])' leaves out all \(tests): nothing was checked",
        remedy: "use a narrower --skip"
      )
    }
    let words = all.flatMap {
      $0.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
    }
    return SessionError(
      message: "--filter '\(filter)' matches none of the \(tests): nothing was checked"
        + Suggestion.question(of: filter, among: Set(words)),
      remedy: "`swift test list` lists them"
    )
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
    let isAll = arguments.filters.isEmpty && arguments.skips.isEmpty
    let clock = ContinuousClock()
    let start = clock.now
    let result = try TestRun(
      library: library,
      command: bundle.command(for: library, tests: tests, isAll: isAll, arguments),
      depth: depth,
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
    let ran = attributable(result.tests, listed: tests, library)
    let unfinished = Set(
      attributable(result.unfinished.map { .init(id: $0) }, listed: tests, library).map(\.id)
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
      let search = TestSearch(
        bundle: bundle,
        library: library,
        arguments: arguments,
        depth: depth,
        output: output,
        limit: max(.seconds(60), start.duration(to: clock.now) * 2)
      )
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

  /// XCTest prints tests without their module.
  private func attributable(
    _ tests: [TestAttribution.Test],
    listed: [String],
    _ library: TestBundle.Library
  ) -> [TestAttribution.Test] {
    guard library == .xctest else { return tests }
    let ran = Set(tests.map(\.id))
    return listed.filter { name in
      let printed = name.split(separator: ".", maxSplits: 1).last ?? ""
      return ran.contains(printed.split(separator: "/").joined(separator: "."))
    }.map { TestAttribution.Test(id: $0) }
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
