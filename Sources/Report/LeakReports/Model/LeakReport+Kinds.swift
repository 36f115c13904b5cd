package import HeapAnalysis

extension LeakReport {
  /// Leaves the findings of other kinds out, and says so.
  package mutating func list(only kinds: Set<FindingKind>) {
    let hidden = findings.count { !kinds.contains($0.kind) }
    guard hidden > 0 else { return }
    findings.removeAll { !kinds.contains($0.kind) }
    summary.findings = findings.count
    summary.suppressed = findings.count { $0.suppressedBy != nil }
    summary.notes.append("\(quantity(hidden, "finding")) of kinds that --show leaves out.")
  }
}
