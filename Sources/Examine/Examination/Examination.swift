internal import Foundation
package import HeapAnalysis
package import HeapCapture
package import HeapGraph
package import LeakReports
package import Symbolication

/// The one way from a snapshot of a process to a report: for the command, and for checks in a test's own process.
///
/// ```swift
/// let examination = Examination(of: snapshot)
/// let report = try examination.report(of: examination.leaks(), request)
/// ```
///
/// Used by one thread at a time.
package final class Examination {
  package let snapshot: CapturedHeap
  /// What all analyses of the snapshot share.
  package let index: HeapIndex
  private let progress: Progress

  /// Called with the name of each step as it begins; an error that it throws ends the examination, and is passed on.
  package typealias Progress = (String) throws -> Void

  package init(
    of snapshot: CapturedHeap,
    options: AnalysisOptions = AnalysisOptions(),
    progress: @escaping Progress = { _ in }
  ) {
    self.snapshot = snapshot
    self.progress = progress
    index = HeapIndex(of: snapshot.graph, symbols: snapshot.symbols, options: options)
  }

  package var graph: HeapGraph { snapshot.graph }

  /// Finds the leaks.
  ///
  /// Complexity: linear in blocks and references, but for sorting.
  package func leaks() throws -> HeapAnalysis {
    try progress("analyzing \(graph.nodeCount) blocks")
    return HeapAnalysis(of: index)
  }

  /// What the caller knows of a report, beside what the snapshot says.
  package struct Request {
    /// The executable, its build ID, its toolchain and whether it is Swift are filled in from the snapshot.
    package var target: LeakReport.Target
    package var moment: LeakReport.Capture.Moment
    /// When the snapshot was begun.
    package var start: ContinuousClock.Instant
    /// Frames that the report keeps of each call stack.
    package var depth: Int
    /// Whether it lists all live blocks by call stack.
    package var includesStacks = false
    /// Return addresses that will be named beside the report.
    package var besides: [UInt64] = []
    /// Objects that have one unowned reference of the tracker's own.
    package var tracked: Set<NodeIndex> = []
    /// What reads the variables of suspended functions; nil where their names aren't needed.
    package var variableReader: VariableReader?
    /// What wasn't looked at, one sentence each.
    package var skipped: [String] = []
    /// Notes before those on the snapshot, and behind them.
    package var notes: [String] = []
    package var closingNotes: [String] = []

    package init(
      target: LeakReport.Target,
      moment: LeakReport.Capture.Moment,
      start: ContinuousClock.Instant,
      depth: Int
    ) {
      self.target = target
      self.moment = moment
      self.start = start
      self.depth = depth
    }
  }

  /// Writes up what was found, or a part of it.
  package func report(of analysis: HeapAnalysis, _ request: Request) throws -> LeakReport {
    try progress("symbolicating call stacks")
    let symbolicator = Symbolicator(
      graph: graph,
      analysis: analysis,
      includesStacks: request.includesStacks,
      variableReader: request.variableReader,
      besides: request.besides
    )
    var context = ReportContext(
      tool: LeakReport.Tool(version: LeakReport.Tool.currentVersion),
      target: target(request.target),
      capture: capture(request),
      notes: request.notes + notes + symbolicator.limitations + request.closingNotes,
      depth: request.depth
    )
    context.includesStacks = request.includesStacks
    context.tracked = request.tracked
    var report = LeakReport(
      analysis: analysis,
      graph: graph,
      context: context,
      symbolicator: symbolicator
    )
    if snapshot.undecided.count > 0 { report.summary.undecided = snapshot.undecided.count }
    return report
  }

  private func target(_ given: LeakReport.Target) -> LeakReport.Target {
    var target = given
    target.executable = snapshot.executable
    target.buildID = graph.images.first { $0.path == snapshot.executable }?.buildID
    target.toolchain = snapshot.toolchain ?? "unknown"
    target.hasSwift = snapshot.hasSwift
    return target
  }

  private func capture(_ request: Request) -> LeakReport.Capture {
    LeakReport.Capture(
      moment: request.moment,
      complete: snapshot.unreadableBytes == 0 && snapshot.lostBlocks == 0
        && snapshot.unstoppableThreads.isEmpty,
      skipped: snapshot.unstoppableThreads.map {
        "the stack and the registers of \($0): it waits in the kernel, and did not stop"
      } + request.skipped,
      unreadable: snapshot.unreadableBytes,
      durationSeconds: (ContinuousClock.now - request.start) / .seconds(1),
      pauseSeconds: snapshot.pause / .seconds(1)
    )
  }
}
