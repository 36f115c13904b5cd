internal import ELF
internal import Examination
internal import Foundation
internal import HeapAnalysis
package import HeapCapture
package import LeakReports
internal import Symbolication

/// One program, from its start to the report.
package struct RunSession {
  package let command: [String]
  package var followsChildren = false
  package var includesArguments = false
  /// When to look at a program that still runs; nil waits for its exit.
  package var deadline: Duration?
  package let output: ReportOutput
  /// Whether what the program prints is hidden.
  package var hidesProgramOutput = false
  /// Where the program's standard output goes instead of the tool's own.
  package var standardOutput: Int32?

  package init(command: [String], output: ReportOutput) {
    self.command = command
    self.output = output
  }

  /// How long a program that was asked to end has until it is killed.
  private static let grace: Duration = .seconds(10)

  /// What became of it.
  package struct Outcome {
    /// Nil where the program failed by itself and no snapshot could be taken.
    package var report: LeakReport?
    /// The exit status of the whole.
    package var status: Int32
    /// How the program ended by itself.
    package var end: WatchedProgram.Status
    /// Why there is no verdict, where there is none.
    var unexamined: Unexamined?
  }

  /// Writes the report, and returns the exit status of the whole.
  package func run() throws -> Int32 {
    let outcome = try examine()
    if let report = outcome.report {
      try output.write(report, nextCommand: nextCommand(after: report))
    }
    if let unexamined = outcome.unexamined, outcome.status == ExitPolicy.toolFailed {
      Terminal.standardError.tell(unexamined.message)
    }
    return outcome.status
  }

  /// Runs the program to its end and looks at it.
  package func examine() throws -> Outcome {
    try checkProcesses()
    try checkLimits()
    guard let recorder = Recorder.path() else {
      throw SessionError(
        message: "\(Recorder.fileName) is not beside the command",
        remedy: "build it (`swift build`) or install it whole; searched "
          + Recorder.searched.joined(separator: ", ")
      )
    }
    let environment = ProcessInfo.processInfo.environment
    let check: ProgramCheck
    do { check = try ProgramCheck(program: command[0], searchPath: environment["PATH"]) } catch {
      throw MissingProgram.explained(error, program: command[0])
    }
    var launcher = ProgramLauncher(
      path: check.path,
      arguments: command,
      environment: ProgramEnvironment()
    )
    launcher.environment.preload(Recorder.preloadName(of: recorder))
    launcher.environment.set("REMNANT_DEPTH", to: String(output.depth))
    launcher.discardsOutput = hidesProgramOutput
    launcher.standardOutput = standardOutput
    if followsChildren { launcher.environment.set("REMNANT_FOLLOW_CHILDREN", to: "1") }

    SignalReceiver.shared.start()
    let program = try WatchedProgram(launching: launcher)
    if let deadline { Self.later(deadline) { program.ask(.deadline) } }
    switch program.nextEvent() {
    case .refused(let refusal, let detail):
      _ = program.awaitEnd()
      throw SessionError(refusal, detail: detail, program: command[0])
    case .atExit:
      return try reportPicture(of: program, check, recorder: recorder, moment: .exit)
    case .snapshotRequested(.interrupt):
      return try reportPicture(of: program, check, recorder: recorder, moment: .interrupt)
    case .snapshotRequested(.deadline):
      return try reportPicture(of: program, check, recorder: recorder, moment: .after)
    case .ended(let status):
      let directory = ProcessDirectory(process: program.process)
      let startedOthers = directory.hasStartedOthers
      let isFiltered = directory.filtersSystemCalls
      _ = program.awaitEnd()
      let unexamined =
        startedOthers && !program.control.isSwift && program.control.phase != .launched
        ? unexaminedChildren(of: program, check)
        : Unexamined(program, check, status, filtered: isFiltered)
      return report(of: program, check, status, .exit, unexamined: unexamined)
    }
  }

  /// Before anything runs: without `/proc`, or with that of others, a process would be taken for another one.
  private func checkProcesses() throws {
    switch ProcessDirectory.visibility {
    case .good: return
    case .notMounted:
      throw SessionError(
        message: "/proc is not mounted here: nothing was run",
        remedy: "mount it: mount -t proc proc /proc"
      )
    case .otherNamespace:
      throw SessionError(
        message: "/proc shows the processes of another PID namespace: nothing was run",
        remedy: "mount this namespace's own: unshare --mount-proc, or mount -t proc proc /proc"
      )
    }
  }

  /// Before anything runs: later, without descriptors or memory, there would be no way to tell what is wrong.
  private func checkLimits() throws {
    if let files = Self.limit(RLIMIT_NOFILE), files < Self.neededFiles {
      throw SessionError(
        message: "only \(files) files may be open here: nothing was run",
        remedy: "raise the limit (ulimit -n \(Self.neededFiles))"
      )
    }
    if let bytes = Self.limit(RLIMIT_AS), bytes < Self.neededBytes {
      throw SessionError(
        message: "only \(bytes >> 20) MiB of address space may be used here: nothing was run",
        remedy: "limit the program alone: "
          + "remnant run -- sh -c 'ulimit -v \(bytes >> 10) && exec \"$@\"' sh PROGRAM"
      )
    }
  }

  private static func limit(_ resource: __rlimit_resource) -> UInt? {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 ? limit.rlim_cur : nil
  }

  /// Twice what a run was seen to need.
  private static let neededFiles: UInt = 64

  /// A third more than a run of a small program was seen to need.
  private static let neededBytes: UInt = 1 << 30

  // MARK: With a snapshot

  private func reportPicture(
    of program: WatchedProgram,
    _ check: ProgramCheck,
    recorder: String,
    moment: LeakReport.Capture.Moment
  ) throws -> Outcome {
    let start = ContinuousClock.now
    let progress = Progress(isShown: output.showsProgress)
    // Where children are followed, this can be one of them.
    let process = program.control.watchedProcess(startedAs: program.process)
    let result = Result { () throws(CaptureError) in
      guard let process, let thread = ProcessDirectory(process: process).livingThread() else {
        throw CaptureError(
          .processEnded,
          message: "the process that the recorder is in can't be found from here",
          remedy: "run Remnant in the PID namespace of that process"
        )
      }
      if moment == .exit { ProcessDirectory(process: process).waitForRest(within: Self.rest) }
      let source = StoppedProcessSource(
        process: thread,
        recorderState: program.control.state,
        recorderPath: recorder,
        exitThread: moment == .exit ? program.control.exitThread : nil
      )
      return try program.withStopsIgnored { () throws(CaptureError) in
        try source.heap(progress: progress.show)
      }
    }
    let directory = ProcessDirectory(process: program.process)
    let startedOthers = directory.hasStartedOthers
    let isFiltered = directory.filtersSystemCalls
    // Whatever became of the snapshot, the program goes on, or to its end.
    program.control.release()
    progress.clear()
    if let signal = program.pendingSignal {
      program.forward(signal: signal)
      Self.later(Self.patience) { Self.tellIfRunning(program, after: signal) }
    }
    let status = moment == .after ? end(program) : program.awaitEnd()
    let snapshot: CapturedHeap
    switch result {
    case .success(let taken): snapshot = taken
    case .failure(let error):
      let unexamined =
        error.code == .processEnded && isFiltered
        ? Unexamined(program, check, status, filtered: true) : Unexamined(error)
      return report(of: program, check, status, moment, unexamined: unexamined)
    }
    let examination = Examination(of: snapshot, progress: progress.show)
    var analysis = try examination.leaks()
    if output.shownKinds.contains(.zombie) { analysis.addZombies(in: examination.index) }
    let acceptedByProgram = analysis.divideAccepted(in: snapshot.graph)
    analysis.explain(output.explainedTypes, in: examination.index)
    let context = context(of: program, check, status)
    var request = Examination.Request(
      target: context.target,
      moment: moment,
      start: start,
      depth: output.depth
    )
    request.variableReader = VariableReader()
    request.includesStacks = output.includesStacks
    request.target.pid = Int(process ?? program.process)
    request.target.allocator = program.control.allocator
    request.notes = context.notes + notes(on: program, moment)
    var unexamined: Unexamined?
    if !snapshot.hasSwift, startedOthers {
      let reason = unexaminedChildren(of: program, check)
      request.skipped = [reason.reason]
      request.closingNotes = [reason.note]
      unexamined = reason
    }
    var report = try examination.report(of: analysis, request)
    report.accept(acceptedByProgram)
    report.mark(.libraries)
    output.accepted.mark(&report)
    progress.clear()
    return Outcome(
      report: report,
      status: output.policy.status(program: Self.end(status, moment), report: report),
      end: status,
      unexamined: unexamined
    )
  }

  /// How long threads have to come to rest when the program ends: those that work on and on never do.
  private static let rest: Duration = .milliseconds(200)

  /// What the tool itself brought to its end has not failed.
  private static func end(
    _ status: WatchedProgram.Status,
    _ moment: LeakReport.Capture.Moment
  ) -> ExitPolicy.ProgramEnd {
    moment == .after ? .exited(status: 0) : status.programEnd
  }

  /// Ends a program whose time is up: politely, then for certain.
  private func end(_ program: WatchedProgram) -> WatchedProgram.Status {
    program.forward(signal: SIGTERM)
    Self.later(Self.grace) { program.killUnlessEnded() }
    return program.awaitEnd()
  }

  /// After a signal that asks it to end, until the user hears that it goes on.
  private static let patience: Duration = .seconds(2)

  private static func tellIfRunning(_ program: WatchedProgram, after signal: Int32) {
    guard !program.hasEnded else { return }
    Terminal.standardError.tell(
      Message(
        "the snapshot is taken and the signal (\(String(cString: strsignal(signal)))) was passed on, "
          + "but the program goes on",
        remedy: "end it with the same signal once more (Control-C at a terminal), "
          + "or with kill -KILL \(program.process); the report follows then"
      )
    )
  }

  private static func later(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
    DispatchQueue.global().asyncAfter(deadline: .now() + delay / .seconds(1), execute: body)
  }

  // MARK: Without one

  /// A report that says why there is no verdict.
  private func report(
    of program: WatchedProgram,
    _ check: ProgramCheck,
    _ status: WatchedProgram.Status,
    _ moment: LeakReport.Capture.Moment,
    unexamined: Unexamined
  ) -> Outcome {
    var context = context(of: program, check, status)
    context.capture.moment = moment
    context.capture.complete = false
    context.capture.skipped = ["the whole heap: \(unexamined.reason)"]
    let report = LeakReport(
      tool: context.tool,
      target: context.target,
      capture: context.capture,
      summary: LeakReport.Summary(notes: context.notes + [unexamined.note]),
      leakedTypes: [],
      findings: []
    )
    return Outcome(
      report: report,
      status: output.policy.status(program: Self.end(status, moment), report: report),
      end: status,
      unexamined: unexamined
    )
  }
}

extension WatchedProgram.Status {
  var programEnd: ExitPolicy.ProgramEnd {
    switch self {
    case .exited(let status): .exited(status: status)
    case .killed(let signal): .signalled(signal)
    }
  }
}
