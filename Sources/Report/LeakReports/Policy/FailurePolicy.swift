package import HeapAnalysis

/// Which findings fail a run: `--fail-on KIND[:CONFIDENCE],…`.
package struct FailurePolicy: Sendable, Hashable {
  /// From which confidence on a kind fails; a kind that is missing never does.
  package var thresholds: [FindingKind: Confidence]
  /// Whether a check of the program's own tests fails the run where it could not be decided.
  package var failsUndecided = false

  package init(thresholds: [FindingKind: Confidence]) { self.thresholds = thresholds }

  /// The standard (Documentation/Interface.md): the four kinds of leak, from `checked` on.
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
      if parts[0] == Self.undecided {
        guard parts.count == 1 else {
          throw ReportError(
            code: .wrongUsage,
            message: "--fail-on '\(entry)': undecided checks have no confidence",
            remedy: "use undecided alone"
          )
        }
        failsUndecided = true
        continue
      }
      let kind = try FindingKind(parsing: parts[0], of: "--fail-on")
      guard thresholds[kind] == nil else {
        throw ReportError(
          code: .wrongUsage,
          message: "--fail-on lists '\(kind.rawValue)' twice",
          remedy: "list each kind once"
        )
      }
      thresholds[kind] = parts.count > 1 ? try Self.confidence(parts[1]) : .checked
    }
  }

  /// Beside the kinds of findings: no finding, and without confidence.
  private static let undecided = "undecided"

  private static func confidence(_ name: String) throws -> Confidence {
    if let confidence = Confidence(rawValue: name) { return confidence }
    let names = Confidence.allCases.map(\.rawValue).joined(separator: ", ")
    throw ReportError(
      code: .wrongUsage,
      message: "there is no confidence '\(name)'"
        + Suggestion.question(of: name, among: Confidence.allCases.map(\.rawValue)),
      remedy: "use \(names) after the colon"
    )
  }

  /// The value of `--show`: kinds, separated by commas.
  package static func kinds(parsing list: String) throws -> Set<FindingKind> {
    try FindingKind.set(parsing: list)
  }

  /// Whether a finding fails the run: never a suppressed one, nor one that the baseline knows
  /// or that is within its limit; one above its limit always.
  package func fails(_ finding: LeakReport.Finding) -> Bool {
    guard finding.acceptance == nil, let threshold = thresholds[finding.kind] else { return false }
    return finding.confidence >= threshold
  }

  /// Whether any finding of a report fails the run.
  package func fails(_ report: LeakReport) -> Bool {
    report.findings.contains(where: fails) || failsUndecided && (report.summary.undecided ?? 0) > 0
  }
}

extension FindingKind {
  /// The value of `--show`: kinds, separated by commas.
  package static func set(parsing list: String) throws -> Set<FindingKind> {
    let entries = list.split(separator: ",", omittingEmptySubsequences: false)
    return Set(
      try entries.map { try FindingKind(parsing: String($0.drop { $0 == " " }), of: "--show") }
    )
  }

  /// One kind in the value of an option.
  fileprivate init(parsing name: String, of option: String) throws {
    if let kind = FindingKind(rawValue: name) {
      self = kind
      return
    }
    let all = FindingKind.allCases.map(\.rawValue)
    let names = all.joined(separator: ", ")
    let question = Suggestion.question(of: name, among: all)
    throw ReportError(
      code: .wrongUsage,
      message: name.isEmpty
        ? "\(option) has an empty entry" : "there is no kind of finding '\(name)'\(question)",
      remedy: option == "--fail-on"
        ? "use \(names), or undecided; to report without failing, use --leak-exit-code 0"
        : "use \(names)"
    )
  }
}
