import TestSupport

/// Compares what Remnant reported with what it should have: a sentence for each difference.
struct ReportComparison {
  /// From the least sure.
  private static let confidences = ["possible", "checked", "proven"]

  let report: Report
  let expectation: Expectation

  var differences: [String] {
    counts + missing + unexpected
  }

  /// Leaked objects of the fixtures' own classes, and our own misreadings.
  private var counts: [String] {
    var differences: [String] = []
    if report.summary.countsNegative != 0 {
      differences.append(
        "\(report.summary.countsNegative) objects have fewer references than were found"
      )
    }
    // Classes of the standard library and of Foundation come and go with their versions; where
    // nothing is leaked, none of them may be.
    let isClean = expectation.leakedTypes.isEmpty
    var leaked: [String: Int] = [:]
    for entry in report.leakedTypes where isClean || entry.type.hasPrefix("RemnantFixtures.") {
      leaked[entry.type, default: 0] += entry.count
    }
    for type in Set(leaked.keys).union(expectation.leakedTypes.keys).sorted() {
      let actual = leaked[type, default: 0]
      let expected = expectation.leakedTypes[type, default: 0]
      if actual != expected {
        differences.append("\(actual) instead of \(expected) objects of \(type) are leaked")
      }
    }
    return differences
  }

  /// Findings that should be there.
  private var missing: [String] {
    expectation.findings
      .filter { expected in
        expected.required ?? true && !report.findings.contains { matches($0, expected) }
      }
      .map { "no finding is \(describe($0))" }
  }

  /// Findings that should not be there.
  private var unexpected: [String] {
    report.findings
      .filter { finding in
        // Doubts beside a real leak are not what a leaky scenario is about.
        let isDoubt = !expectation.leakedTypes.isEmpty && finding.confidence == "possible"
        return !isDoubt && !isTolerated(finding)
          && !expectation.findings.contains { matches(finding, $0) }
      }
      .map { finding in
        let path = finding.path.prefix(20).map(\.via).joined(separator: " → ")
        return "unexpected: \(finding.kind), \(finding.confidence), \(finding.type) via \(path)"
      }
  }

  private func matches(_ finding: Report.Finding, _ expected: Expectation.Finding) -> Bool {
    guard expected.kinds.contains(finding.kind),
      rank(finding.confidence) >= rank(expected.minimumConfidence)
    else { return false }
    if let type = expected.type, type != finding.type { return false }
    // Only a cycle's path is the whole finding.
    guard !expected.cycles.isEmpty, finding.kind == "retain-cycle" else { return true }
    let path = CyclePath(finding.path.map(\.via))
    return expected.cycles.contains { path.isRotation(of: CyclePath($0)) }
  }

  private func isTolerated(_ finding: Report.Finding) -> Bool {
    (expectation.tolerated ?? []).contains { tolerance in
      tolerance.kind == finding.kind
        && rank(finding.confidence) <= rank(tolerance.maximumConfidence)
    }
  }

  /// A word that the contract doesn't know is below all others.
  private func rank(_ confidence: String) -> Int {
    Self.confidences.firstIndex(of: confidence) ?? -1
  }

  private func describe(_ expected: Expectation.Finding) -> String {
    let kinds = expected.kinds.joined(separator: " or ")
    let paths = expected.cycles.map { $0.joined(separator: " → ") }.joined(separator: " or ")
    let through = paths.isEmpty ? "" : " via \(paths)"
    let type = expected.type.map { " of \($0)" } ?? ""
    return "\(kinds)\(type), \(expected.minimumConfidence) at least\(through)"
  }
}
