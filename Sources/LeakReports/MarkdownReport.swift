internal import HeapAnalysis

/// A report as a job summary or a comment shows it.
///
/// Format: https://github.github.com/gfm.
package struct MarkdownReport {
  private enum Limit {
    /// A job summary holds 1 MiB.
    static let rows = 200
    static let details = 20
  }

  /// The report as Markdown, with a newline at the end.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> String {
    let shown = report.findings.filter { $0.suppressedBy == nil }
    let failing = shown.filter(policy.fails)
    let target = inCode(fileName(report.target.executable))
    var lines: [String] = []
    if !failing.isEmpty {
      lines.append(
        "### ❌ \(quantity(failing.count, "finding")) of \(target) \(failing.count == 1 ? "fails" : "fail")"
      )
    } else if let doubt = report.doubt {
      lines.append("### ⚠️ \(target): \(doubt)")
    } else {
      lines.append("### ✅ \(target): \(shown.isEmpty ? "no leaks found" : "nothing fails")")
    }
    lines.append("")
    if !shown.isEmpty {
      lines += [
        "| | what | instances | bytes | fix | where |", "| --- | --- | ---: | ---: | --- | --- |",
      ]
      for finding in (failing + shown.filter { !policy.fails($0) }).prefix(Limit.rows) {
        lines.append(row(finding, fails: policy.fails(finding), root: root))
      }
      if shown.count > Limit.rows {
        lines += ["", "… and \(quantity(shown.count - Limit.rows, "more finding"))."]
      }
      lines.append("")
    }
    for finding in failing.prefix(Limit.details) { lines += details(of: finding, in: report) }
    if failing.count > Limit.details {
      lines += [
        "Details of \(quantity(failing.count - Limit.details, "more finding")) are in the other reports.",
        "",
      ]
    }
    lines += managed(report)
    if !report.summary.notes.isEmpty {
      lines += ["**Notes**", ""] + report.summary.notes.map { "- \(plain($0))" } + [""]
    }
    let summary = report.summary
    let judged = summary.countsExplained + summary.countsUnexplained + summary.countsNegative
    lines.append(
      "\(quantity(judged, "live object")) judged, counts explained "
        + "\(percentage(summary.countsExplained, of: judged)); \(report.tool.name) \(report.tool.version)."
    )
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ finding: LeakReport.Finding, fails: Bool, root: SourceRoot) -> String {
    let mark = fails ? "❌" : finding.baseline == .known ? "known" : "·"
    let place = finding.place.flatMap { place in
      place.file.map { inCode(sourcePosition(file: root.relative($0), line: place.line)) }
    }
    return
      "| \(mark) | \(finding.kind.readable), \(finding.confidence.rawValue): \(inCode(briefly(finding.type))) "
      + "| \(grouped(finding.count)) | \(readableBytes(finding.bytes)) "
      + "| \(finding.advice.map(plain) ?? "") | \(place ?? "") |"
  }

  /// The finding as the terminal shows it.
  private static func details(of finding: LeakReport.Finding, in report: LeakReport) -> [String] {
    var alone = report
    alone.findings = [finding]
    let text = TextReport.renderFindings(of: alone)
    return [
      "<details><summary>\(escapedForMarkup(finding.title))</summary>", "", fence(text), text,
      fence(text), "",
      "</details>", "",
    ]
  }

  /// What the baseline and the suppressions say.
  private static func managed(_ report: LeakReport) -> [String] {
    var lines: [String] = []
    if !report.fixed.isEmpty {
      lines += ["**Fixed** since the baseline: take them out with `--update-baseline`.", ""]
      lines += report.fixed.map { "- \(inCode($0.type)), \($0.kind.readable)" } + [""]
    }
    let unused = report.suppressions.filter { $0.findings == 0 }
    if !unused.isEmpty {
      lines += ["**Unused suppressions**: delete them.", ""]
      lines += unused.map { "- \(inCode($0.line)) (\(plain($0.source)))" } + [""]
    }
    return lines
  }

  /// Longer than every run of backticks in the text.
  private static func fence(_ text: String) -> String {
    var longest = 2
    var run = 0
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: longest + 1)
  }

  /// A code span, in a table or out of one.
  private static func inCode(_ text: String) -> String {
    let fence = text.contains("`") ? "``" : "`"
    return fence + text.replacing("\n", with: " ").replacing("|", with: "\\|") + fence
  }

  /// Text whose characters mean themselves.
  private static func plain(_ text: String) -> String {
    var result = ""
    var isInCode = false
    for character in text {
      if character == "`" { isInCode.toggle() }
      switch character {
      case "\n": result.append(" ")
      case "|": result += "\\|"
      case "<" where !isInCode: result += "&lt;"
      case "*", "_", "[", "]", "\\": result += isInCode ? String(character) : "\\\(character)"
      default: result.append(character)
      }
    }
    return result
  }
}
