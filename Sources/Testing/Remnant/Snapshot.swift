internal import CRemnantRecorder
internal import Examination
internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
internal import LeakReports

/// A snapshot of this process: taken within `Snapshot.examine`.
struct Snapshot {
  let examination: Examination
  private let start: ContinuousClock.Instant

  /// Runs what takes and examines snapshots: on a thread of its own, in turn, and without call stacks of what that
  /// allocates.
  ///
  /// The addresses that an examination keeps must not be found in another's snapshot, and call stacks would take half of
  /// the time.
  static func examine<Value>(
    _ body: (SnapshotThread) throws(LeakScanError) -> Value
  ) throws(LeakScanError) -> Value {
    turn.lock()
    defer { turn.unlock() }
    let outcome: Result<Value, LeakScanError>
    do {
      outcome = try SnapshotThread.run { thread throws(LeakScanError) in
        remnant_leave_out_stacks()
        return try body(thread)
      }
    } catch {
      throw LeakScanError("\(error)")
    }
    return try outcome.get()
  }

  private static let turn = NSLock()

  /// Takes the snapshot: `thread` is the one that this is called on, and `options` is what the analysis can't know.
  init(
    on thread: SnapshotThread,
    _ options: AnalysisOptions = AnalysisOptions()
  ) throws(LeakScanError) {
    start = .now
    let state = remnant_recorder()
    let standing = remnant_standing(rawValue: state.pointee.standing)
    if let reason = Self.refusal(standing) {
      throw LeakScanError(
        reason,
        isWanted: [REMNANT_STANDING_SANITIZED, REMNANT_STANDING_DISABLED].contains(standing)
      )
    }
    do {
      examination = Examination(
        of: try OwnProcessSource(
          recorderState: Address(UInt64(UInt(bitPattern: state))),
          on: thread
        ).heap(),
        options: options
      )
    } catch {
      throw LeakScanError("\(error)", isUndecided: error.code == .unknownRuntime)
    }
  }

  private static func refusal(_ standing: remnant_standing) -> String? {
    switch standing {
    case REMNANT_STANDING_RECORDING: nil
    case REMNANT_STANDING_SANITIZED:
      "a sanitizer replaces malloc in this build: build without it to see what holds an object"
    case REMNANT_STANDING_OTHER_ALLOCATOR:
      "another library replaces malloc in this process, so its blocks weren't recorded"
    case REMNANT_STANDING_NO_UNWINDER:
      "libunwind couldn't be loaded, so nothing was recorded: apt-get install libunwind8"
    case REMNANT_STANDING_DISABLED:
      "REMNANT_RECORDING=0 is set: nothing was recorded"
    default: "the recorder didn't start in this process"
    }
  }

  func leaks() throws(LeakScanError) -> HeapAnalysis {
    do { return try examination.leaks() } catch { throw LeakScanError("\(error)") }
  }

  /// Writes up an analysis, or a part of one; `stacks` are call stacks that will be printed beside the report.
  func scan(
    _ analysis: HeapAnalysis,
    naming stacks: [CallStack] = [],
    tracked: Set<NodeIndex> = []
  ) throws(LeakScanError) -> LeakScan {
    var request = Examination.Request(
      target: LeakReport.Target(
        executable: examination.snapshot.executable,
        arguments: CommandLine.arguments.count - 1,
        pid: Int(getpid()),
        toolchain: "unknown"
      ),
      moment: .scope,
      start: start,
      depth: 32
    )
    request.besides = stacks.flatMap(\.addresses).map { UInt64($0) }
    request.tracked = tracked
    do { return LeakScan(try examination.report(of: analysis, request)) } catch {
      throw LeakScanError("\(error)")
    }
  }
}
