/// What a run accepts: suppressed findings, known ones, and so many instances of others.
package struct AcceptedFindings: Sendable, Hashable {
  package var suppressions: Suppressions
  /// Nil where no baseline is asked for.
  package var baseline: Baseline?
  /// How many instances are accepted, by signature.
  package var limits: [String: Int]

  package init(
    suppressions: Suppressions = Suppressions(),
    baseline: Baseline? = nil,
    limits: [String: Int] = [:]
  ) {
    self.suppressions = suppressions
    self.baseline = baseline
    self.limits = limits
  }

  /// Marks the findings of a report.
  package func mark(_ report: inout LeakReport) {
    report.apply(suppressions)
    if let baseline { report.compare(with: baseline) }
    report.apply(limits: limits)
    report.order()
  }
}
