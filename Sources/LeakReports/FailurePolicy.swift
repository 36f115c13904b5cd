package import HeapAnalysis

/// Which findings fail a run: `--fail-on KIND[:CONFIDENCE],…`.
package struct FailurePolicy: Sendable, Hashable {
  /// From which confidence on a kind fails; a kind that is missing never does.
  package var thresholds: [FindingKind: Confidence]

  package init(thresholds: [FindingKind: Confidence]) { self.thresholds = thresholds }

  /// The contract's: the four kinds of leak, from `checked` on.
  package static let standard = FailurePolicy(thresholds: [
    .retainCycle: .checked, .unbalancedRetain: .checked, .unreachable: .checked,
    .stuckTask: .checked,
  ])

  /// The value of `--fail-on`.
  ///
  /// It replaces the standard: only the kinds that it lists fail, from the
  /// confidence that it says on, or from `checked`.
  package init(parsing list: String) throws {
    thresholds = [:]
    for entry in list.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = entry.split(
        separator: ":",
        maxSplits: 1,
        omittingEmptySubsequences: false
      ).map { $0.drop { $0 == " " } }.map(String.init)
      let kind = try Self.kind(parts[0])
      guard thresholds[kind] == nil else {
        throw ReportError(
          code: .wrongUsage,
          message: "--fail-on lists \(kind.rawValue) twice",
          remedy: "list each kind once"
        )
      }
      thresholds[kind] = parts.count > 1 ? try Self.confidence(parts[1]) : .checked
    }
  }

  private static func kind(_ name: String) throws -> FindingKind {
    if let kind = FindingKind(rawValue: name) { return kind }
    let names = FindingKind.allCases.map(\.rawValue).joined(separator: ", ")
    throw ReportError(
      code: .wrongUsage,
      message: name.isEmpty
        ? "--fail-on has an empty entry" : "--fail-on knows no kind named '\(name)'",
      remedy: "use kinds of \(names); to report without failing, use --leak-exit-code 0"
    )
  }

  private static func confidence(_ name: String) throws -> Confidence {
    if let confidence = Confidence(rawValue: name) { return confidence }
    let names = Confidence.allCases.map(\.rawValue).joined(separator: ", ")
    throw ReportError(
      code: .wrongUsage,
      message: "--fail-on knows no confidence named '\(name)'",
      remedy: "use one of \(names) after the colon"
    )
  }

  /// Whether a finding fails the run: never a suppressed one, nor one that the baseline knows.
  package func fails(_ finding: LeakReport.Finding) -> Bool {
    guard finding.suppressedBy == nil, finding.baseline != .known,
      let threshold = thresholds[finding.kind]
    else { return false }
    return finding.confidence >= threshold
  }

  /// Whether any finding of a report fails the run.
  package func fails(_ report: LeakReport) -> Bool { report.findings.contains(where: fails) }
}
