internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
package import LeakReports

/// What is leaked in this process, found in a snapshot of its memory.
///
/// The counterpart of Python's `gc.collect()`: it frees nothing, and returns what it found.
///
/// ```swift
/// let scan = try LeakScan.run()
/// for finding in scan.findings { print(finding.type, finding.count, finding.hint ?? "") }
/// print(scan)
/// ```
///
/// The program's threads are suspended for some milliseconds while the kernel copies the page tables; the copy is
/// examined while they go on. Covers the blocks seen by the recorder, which is linked into every program that uses
/// this module.
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
    /// What to change; nil if that isn't known.
    public let hint: String?
  }

  /// Sorted by confidence, then by size.
  public let findings: [Finding]
  /// Limits of the result, one sentence each.
  public let notes: [String]
  /// How long the program's threads stood still.
  public let pause: Duration
  /// Behind a reference, because clients of this module are compiled with the layout of its types: an incremental
  /// build doesn't notice when the layout of a type that they can't see changes.
  private final class Contents: Sendable {
    let report: LeakReport

    init(_ report: LeakReport) { self.report = report }
  }

  private let contents: Contents
  var report: LeakReport { contents.report }

  /// Examines the whole process.
  ///
  /// - Throws: `LeakScanError` if a snapshot can't be taken.
  /// - Complexity: linear in the memory that can hold references; about a second for a million objects.
  public static func run() throws -> LeakScan {
    try Snapshot.examine { thread throws(LeakScanError) in
      let snapshot = try Snapshot(on: thread)
      return try snapshot.scan(snapshot.leaks())
    }
  }

  /// Examines what holds some objects: what else is leaked is left out.
  package init(explaining survivors: [Survivor]) throws {
    let answer = try SharedSnapshot.answersBlocking(to: [.survivors(survivors)])[0].get()
    guard let scan = answer.scan else { throw LeakScanError("nothing was examined") }
    self = scan
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

  /// The same without leaks of the toolchain's libraries, which a test can't fix; nil if there are no others.
  func withoutKnownLeaks() -> LeakScan? { without { $0.mark(.libraries) } }

  /// The same without the findings that a suppression file covers; nil where it covers all.
  package func without(_ suppressions: Suppressions) -> LeakScan? {
    without { $0.apply(suppressions) }
  }

  /// The same with other advice on some findings: nil leaves a finding's own.
  package func advising(
    _ hint: (LeakReport.Finding) -> LeakReport.Finding.Hint?
  ) -> LeakScan {
    var report = report
    for index in report.findings.indices {
      if let hint = hint(report.findings[index]) { report.findings[index].hint = hint }
    }
    return LeakScan(report)
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

  /// The report in lines of at most `width` columns, without colors.
  public func text(width: Int) -> String {
    TextReport.render(report, options: TextReport.Options(width: width))
  }

  /// The paths as a graph in Graphviz's language: `dot -Tsvg`.
  public var dot: String { DotReport.render(report) }

  /// The report in the command's format: see `remnant run --format json`.
  public func json() throws -> String { try report.json() }
}

/// Why a snapshot of this process can't be taken.
public struct LeakScanError: Error, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
  /// Whether recording was turned off on purpose: by a sanitizer, or by `REMNANT_RECORDING=0`.
  public let isWanted: Bool
  /// Whether nothing can be said of this process, for its runtime isn't the one that this library reads.
  package let isUndecided: Bool

  init(_ description: String, isWanted: Bool = false, isUndecided: Bool = false) {
    self.description = description
    self.isWanted = isWanted
    self.isUndecided = isUndecided
  }
}
