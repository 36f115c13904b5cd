internal import CRemnantRecorder
internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
internal import LeakReports

/// A snapshot of this process.
struct Snapshot {
  var capture: ProcessCapture.Result

  /// Runs what takes and examines snapshots: in turn, and without call stacks of what that allocates.
  ///
  /// A process has one tracer at a time, the addresses that an examination keeps must not be found in another's
  /// snapshot, and call stacks would take half of the time.
  static func examine<Result>(
    _ body: () throws(LeakScanError) -> Result
  ) throws(LeakScanError) -> Result {
    turn.lock()
    remnant_leave_out_stacks()
    defer {
      remnant_take_stacks_again()
      turn.unlock()
    }
    return try body()
  }

  private static let turn = NSLock()

  init() throws(LeakScanError) {
    let state = remnant_recorder()
    let standing = remnant_standing(rawValue: state.pointee.standing)
    if let reason = Self.refusal(standing) {
      throw LeakScanError(
        reason,
        isWanted: [REMNANT_STANDING_SANITIZED, REMNANT_STANDING_DISABLED].contains(standing)
      )
    }
    do {
      capture = try ProcessCapture.ofThisProcess(
        recorderState: UInt64(UInt(bitPattern: state)),
        ownPrefixes: Self.ownPrefixes,
        onTracer: remnant_leave_out_stacks
      )
    } catch {
      throw LeakScanError("\(error)")
    }
  }

  /// How the functions that take a snapshot are called in symbol tables: what their frames name is no reference.
  ///
  /// Not the helpers around a body: their frames own what the body returned.
  private static let ownPrefixes = [
    "remnant_", "$s7Remnant", "$s11HeapCapture", "$s14RemnantTesting10checkLeaks",
    "$s14RemnantTesting14SurvivorReport", "$s14RemnantTesting6report",
  ]

  /// Takes what no word names for something that no frame owns.
  ///
  /// For objects that can't be older than the threads' frames, or are known to live: what owns one and goes on
  /// must name it, to release it.
  mutating func trustWords() {
    for index in capture.graph.threads.indices {
      capture.graph.threads[index].hasSwiftFrame = false
    }
  }

  private static func refusal(_ standing: remnant_standing) -> String? {
    switch standing {
    case REMNANT_STANDING_RECORDING: nil
    case REMNANT_STANDING_SANITIZED:
      "a sanitizer owns malloc in this build: build without it to see what holds an object"
    case REMNANT_STANDING_OTHER_ALLOCATOR:
      "another library owns malloc in this process: nothing is known of its blocks"
    case REMNANT_STANDING_NO_UNWINDER:
      "libunwind could not be loaded, so nothing was recorded: apt-get install libunwind8"
    case REMNANT_STANDING_DISABLED:
      "REMNANT_RECORDING=0 is set: nothing was recorded"
    default: "the recorder did not start in this process"
    }
  }

  var analysis: HeapAnalysis { HeapAnalysis(of: capture.graph, symbols: capture.symbols) }

  /// `stacks` are call stacks that will be printed beside the report.
  func scan(_ analysis: HeapAnalysis, naming stacks: [CallStack] = []) -> LeakScan {
    let symbolicator = ReportSymbolicator(
      graph: capture.graph,
      analysis: analysis,
      besides: stacks.flatMap(\.addresses).map { UInt64($0) }
    )
    let pause = capture.pause.components
    let seconds = Double(pause.seconds) + Double(pause.attoseconds) / 1e18
    var notes = symbolicator.notes
    if capture.lostBlocks > 0 {
      notes.append("\(capture.lostBlocks) blocks have no record: the recorder ran out of memory.")
    }
    let context = ReportContext(
      tool: LeakReport.Tool(version: LeakReport.Tool.currentVersion),
      target: LeakReport.Target(
        executable: capture.executable,
        arguments: CommandLine.arguments.count - 1,
        pid: Int(getpid()),
        toolchain: capture.toolchain ?? "unknown",
        hasSwift: true
      ),
      capture: LeakReport.Capture(
        moment: .scope,
        complete: capture.unreadableBytes == 0 && capture.lostBlocks == 0
          && capture.unstoppableThreads.isEmpty,
        skipped: capture.unstoppableThreads,
        unreadable: capture.unreadableBytes,
        durationSeconds: seconds,
        pauseSeconds: seconds
      ),
      notes: notes,
      depth: 32
    )
    return LeakScan(
      LeakReport(
        analysis: analysis,
        graph: capture.graph,
        context: context,
        symbolicator: symbolicator
      )
    )
  }
}
