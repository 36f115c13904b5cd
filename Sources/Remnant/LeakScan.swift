internal import CRemnantRecorder
internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
package import LeakReports

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
  /// Behind a reference, because whoever imports this module is compiled with the layout of its types: an incremental
  /// build doesn't notice when that of a type changes which they can't see.
  private final class Contents: Sendable {
    let report: LeakReport

    init(_ report: LeakReport) { self.report = report }
  }

  private let contents: Contents
  var report: LeakReport { contents.report }

  /// Examines the whole process.
  ///
  /// - Throws: `LeakScanError` where no picture can be taken.
  /// - Complexity: linear in the memory that can hold references; about a second for a million objects.
  public static func run() throws -> LeakScan {
    try Picture.examine { () throws(LeakScanError) in
      let picture = try Picture()
      return picture.scan(picture.analysis)
    }
  }

  /// Examines what holds some objects: what else is leaked is left out.
  package init(explaining survivors: [Survivor]) throws {
    self = try Picture.examine { () throws(LeakScanError) in
      var picture = try Picture()
      // Only now: a picture has no word of them.
      let addresses = survivors.compactMap(\.address)
      picture.trustWords()
      let nodes = Set(addresses.compactMap(picture.capture.graph.node(at:)))
      // The tracker's own.
      for node in nodes where picture.capture.graph.unownedCounts[Int(node)] > 0 {
        picture.capture.graph.unownedCounts[Int(node)] -= 1
      }
      let graph = picture.capture.graph
      var analysis = picture.analysis
      analysis.addSurvivors(at: addresses, in: graph)
      // Others of the same kind were there before.
      analysis.keepInstances { !nodes.isDisjoint(with: $0.core + $0.owned) }
      return picture.scan(analysis)
    }
  }

  /// Examines what was allocated in a scope and is leaked: what else is, is left out.
  ///
  /// Nil where nothing is.
  init?(forScope number: UInt16, ignoring types: Set<String>) throws {
    let scan = try Picture.examine { () throws(LeakScanError) -> LeakScan? in
      // What only passes by, on its way from one thread to another, is gone the second time. Of the first picture
      // nothing is left by then: its graph has the addresses of everything.
      for isLast in [false, true] {
        var picture = try Picture()
        picture.trustWords()
        let analysis = Self.leaks(in: picture, scope: number, ignoring: types)
        if analysis.findings.isEmpty { return nil }
        if isLast || analysis.findings.allSatisfy({ $0.confidence >= .proven }) {
          return picture.scan(analysis).withoutKnownLeaks()
        }
        Thread.sleep(forTimeInterval: 0.02)
      }
      return nil
    }
    guard let scan else { return nil }
    self = scan
  }

  private static func leaks(
    in picture: Picture,
    scope number: UInt16,
    ignoring types: Set<String>
  ) -> HeapAnalysis {
    let graph = picture.capture.graph
    var analysis = picture.analysis
    analysis.findings.removeAll { !$0.kind.isLeak(at: $0.confidence) }
    analysis.keepInstances { instance in
      // Raw memory that looks owned may be anybody's.
      let own = instance.core + instance.owned.filter { graph.type(of: $0).kind != .raw }
      return own.contains { graph.scopes[graph.stackIDs[Int($0)]] == number }
        && !instance.core.contains { types.contains(graph.type(of: $0).name) }
    }
    return analysis
  }

  init(_ report: LeakReport) {
    contents = Contents(report)
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

  /// The same without leaks of the toolchain's libraries, which nobody's test can mend; nil where there are no others.
  fileprivate func withoutKnownLeaks() -> LeakScan? { without { $0.mark(.libraries) } }

  /// The same without the findings that a suppression file covers; nil where it covers all.
  package func without(_ suppressions: Suppressions) -> LeakScan? {
    without { $0.apply(suppressions) }
  }

  private func without(_ mark: (inout LeakReport) -> Void) -> LeakScan? {
    var report = report
    mark(&report)
    report.findings.removeAll { $0.suppressedBy != nil }
    report.suppressions = []
    report.summary.suppressed = 0
    report.summary.findings = report.findings.count
    return report.findings.isEmpty ? nil : LeakScan(report)
  }

  /// The report as the command prints it.
  public var description: String { text(width: 80) }

  /// The report in lines of at most `width` columns, without colours.
  public func text(width: Int) -> String {
    TextReport.render(report, options: TextReport.Options(width: width))
  }

  /// The paths as a graph in Graphviz's language: `dot -Tsvg`.
  public var dot: String { DotReport.render(report) }

  /// The report in the command's format: see `remnant run --format json`.
  public func json() throws -> String { try report.json() }
}

/// Why no picture of this process can be taken.
public struct LeakScanError: Error, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
  /// Whether somebody chose that nothing is recorded: by a sanitizer, or by `REMNANT_RECORDING=0`.
  public let isWanted: Bool

  init(_ description: String, isWanted: Bool = false) {
    self.description = description
    self.isWanted = isWanted
  }
}

/// A picture of this process.
private struct Picture {
  var capture: ProcessCapture.Result

  /// Runs what takes and examines pictures: in turn, and without call stacks of what that allocates.
  ///
  /// A process has one tracer at a time, the addresses that an examination keeps must not be found in another's
  /// picture, and call stacks would take half of the time.
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
  private static let symbols = SymbolCache()

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
        symbols: Self.symbols,
        onTracer: remnant_leave_out_stacks
      )
    } catch {
      throw LeakScanError("\(error)")
    }
  }

  /// How the functions that take a picture are called in symbol tables: what their frames name is no reference.
  ///
  /// Not the helpers around a body: their frames own what the body returned.
  private static let ownPrefixes = [
    "remnant_", "$s7Remnant", "$s11HeapCapture", "$s14RemnantTesting10checkLeaks",
    "$s14RemnantTesting14SurvivorReport",
  ]

  /// Takes what no word names for something that no frame owns.
  ///
  /// For objects that can't be older than the threads' frames, or are known to live: whoever owns one and goes on
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
