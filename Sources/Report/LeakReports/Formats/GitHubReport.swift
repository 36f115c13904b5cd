internal import HeapAnalysis

/// A report as workflow commands, which GitHub shows beside the lines of the change.
///
/// Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
package struct GitHubReport {
  /// GitHub shows ten of a kind for each step; what is beyond this helps nobody.
  private static let limit = 50

  /// The commands, one a line.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> String {
    let count = report.findings.count { $0.suppressedBy == nil }
    var lines = report.findings(atMost: limit, failing: policy).map { finding in
      let isWithinLimit = if case .withinLimit = finding.acceptance { true } else { false }
      let level =
        policy.fails(finding) ? "error" : finding.isLeak && !isWithinLimit ? "warning" : "notice"
      var properties = [
        "title=\(property("Remnant: \(finding.kind.readable), \(finding.confidence.rawValue)"))"
      ]
      if let place = finding.place, let file = place.file {
        properties.append("file=\(property(root.relative(file)))")
        if let line = place.line, line > 0 { properties.append("line=\(line)") }
      }
      return
        "::\(level) \(properties.joined(separator: ","))::\(message(finding.description(root: root)))"
    }
    if count > limit {
      lines.append(
        "::notice title=Remnant::\(quantity(count - limit, "more finding")): see the other reports"
      )
    }
    for use in report.suppressions where use.findings == 0 {
      lines.append(
        "::notice title=Remnant::\(message("unused suppression \(use.line) (\(use.source)): delete it"))"
      )
    }
    for entry in report.fixed {
      lines.append(
        "::notice title=Remnant::\(message("fixed: \(entry.kind.readable) of \(entry.type)"))"
      )
    }
    if let doubt = report.doubt { lines.append("::warning title=Remnant::\(message(doubt))") }
    if lines.isEmpty { lines.append("::notice title=Remnant::no leaks found") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func message(_ text: String) -> String {
    escaping(text) { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      default: nil
      }
    }
  }

  private static func property(_ text: String) -> String {
    escaping(message(text)) { $0 == ":" ? "%3A" : $0 == "," ? "%2C" : nil }
  }
}
