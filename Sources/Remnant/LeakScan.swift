internal import CRemnantRecorder
internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
internal import LeakReports
internal import Synchronization

/// What is leaked in this process, found in a picture of its memory.
///
/// The counterpart of Python's `gc.collect()`: it frees nothing, and returns what it found.
///
/// ```swift
/// let scan = try LeakScan.run()
/// for finding in scan.findings { print(finding.type, finding.count, finding.hint ?? "") }
/// print(scan)
/// ```
///
/// The program's threads stand still for some milliseconds while the kernel copies the page tables; the copy is
/// then read at leisure. It knows the blocks that the recorder saw, which is linked into every program that
/// uses this module.
public struct LeakScan: Sendable, CustomStringConvertible {
  /// One leak: all instances that are leaked in the same way.
  public struct Finding: Sendable {
    /// `retain-cycle`, `unbalanced-retain`, `unreachable`, `stuck-task` or `survivor`.
    public let kind: String
    /// `proven`, `checked` or `possible`.
    public let confidence: String
    /// Fully qualified, as `String(reflecting:)` prints it.
    public let type: String
    /// How many instances there are.
    public let count: Int
    /// All bytes of all instances and of what only they keep alive.
    public let bytes: Int
    /// The same for the same leak in every run.
    public let signature: String
    /// What to change; nil where that can't be told.
    public let hint: String?
  }

  /// The surest and greatest first.
  public let findings: [Finding]
  /// What limits the result, one sentence each.
  public let notes: [String]
  /// How long the program's threads stood still.
  public let pause: Duration
  let report: LeakReport

  /// Examines the whole process.
  ///
  /// - Throws: `LeakScanError` where no picture can be taken.
  /// - Complexity: linear in the memory that can hold references; about a second for a million objects.
  public static func run() throws -> LeakScan {
    let picture = try Picture()
    return picture.scan(HeapAnalysis(of: picture.capture.graph))
  }

  /// Examines what holds some objects: what else is leaked is left out.
  static func run(for survivors: [Survivor]) throws -> LeakScan {
    let addresses = survivors.compactMap(\.address)
    var picture = try Picture()
    let nodes = Set(addresses.compactMap(picture.capture.graph.node(at:)))
    // The tracker's own.
    for node in nodes where picture.capture.graph.unownedCounts[Int(node)] > 0 {
      picture.capture.graph.unownedCounts[Int(node)] -= 1
    }
    let graph = picture.capture.graph
    var analysis = HeapAnalysis(of: graph)
    analysis.addSurvivors(at: addresses, in: graph)
    analysis.findings.removeAll { finding in
      finding.instances.allSatisfy { nodes.isDisjoint(with: $0.core + $0.owned) }
    }
    return picture.scan(analysis)
  }

  init(_ report: LeakReport) {
    self.report = report
    findings = report.findings.map {
      Finding(
        kind: $0.kind.rawValue,
        confidence: $0.confidence.rawValue,
        type: $0.type,
        count: $0.count,
        bytes: $0.bytes,
        signature: $0.signature,
        hint: $0.hint?.text
      )
    }
    notes = report.summary.notes
    pause = .seconds(report.capture.pauseSeconds)
  }

  /// The report as the command prints it.
  public var description: String { text(width: 80) }

  /// The report in lines of at most `width` columns, without colours.
  public func text(width: Int) -> String {
    TextReport.render(report, options: TextReport.Options(width: width))
  }

  /// The report in the command's format: see `remnant run --format json`.
  public func json() throws -> String { try report.json() }
}

/// Why no picture of this process can be taken.
public struct LeakScanError: Error, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
}

/// A picture of this process.
private struct Picture {
  var capture: ProcessCapture.Result

  init() throws {
    let state = remnant_recorder()
    if let reason = Self.refusal(remnant_standing(rawValue: state.pointee.standing)) {
      throw LeakScanError(description: reason)
    }
    do {
      // One after the other: a process has one tracer at a time.
      capture = try Self.turn.withLock { _ in
        try ProcessCapture.ofThisProcess(
          recorderState: UInt64(UInt(bitPattern: state)),
          ownPrefixes: Self.ownPrefixes
        )
      }
    } catch {
      throw LeakScanError(description: "\(error)")
    }
  }

  private static let turn = Mutex(())

  /// How the functions of this module and of RemnantTesting are called in symbol tables.
  private static let ownPrefixes = [
    "remnant_", "$s7Remnant", "$s14RemnantTesting", "$s11HeapCapture",
  ]

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

  func scan(_ analysis: HeapAnalysis) -> LeakScan {
    let symbolicator = ReportSymbolicator(graph: capture.graph, analysis: analysis)
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
        toolchain: capture.toolchain ?? "unknown"
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
