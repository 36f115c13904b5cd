internal import HeapAnalysis

/// A report as a job summary or a comment shows it.
///
/// Format: https://github.github.com/gfm.
package struct MarkdownReport {
  private enum Limit {
    static let rows = 200
    static let details = 20
    /// A job summary holds 1 MiB; the parts of this page together have less.
    static let tableBytes = 384 << 10
    static let detailBytes = 384 << 10
    static let listBytes = 64 << 10
  }

  /// The report as Markdown, with a newline at the end.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> String {
    let shown = report.findings.filter { $0.suppressedBy == nil }
    let failing = shown.filter(policy.fails)
    let quotes = SourceQuotes(in: root)
    var lines = [heading(report, shown: shown.count, failing: failing.count), ""]
    if !shown.isEmpty {
      lines += [
        "| | what | instances | bytes | fix | where |", "| --- | --- | ---: | ---: | --- | --- |",
      ]
      let first = report.findings(atMost: Limit.rows, failing: policy)
      let rows = fitting(first, in: Limit.tableBytes) {
        row($0, fails: policy.fails($0), root: root)
      }
      lines += rows
      if shown.count > rows.count {
        lines += ["", "… and \(quantity(shown.count - rows.count, "more finding"))."]
      }
      lines.append("")
    }
    let details = fitting(failing.prefix(Limit.details), in: Limit.detailBytes) {
      self.details(of: $0, in: report, quotes)
    }
    lines += details
    if failing.count > details.count {
      let rest = quantity(failing.count - details.count, "more finding")
      lines += ["Details of \(rest) are in the other reports.", ""]
    }
    lines += managed(report)
    lines += list(report.summary.notes, title: "**Notes**", MarkdownText.sentence)
    let tool = MarkdownText.sentence("\(report.tool.name) \(report.tool.version)")
    lines.append(
      "\(TextReport.verdict(on: report)) "
        + "\(quantity(report.tally.examined, "live object")) examined; \(tool)."
    )
    return lines.joined(separator: "\n") + "\n"
  }

  private static func heading(_ report: LeakReport, shown: Int, failing: Int) -> String {
    let target = MarkdownText.code(fileName(report.target.executable))
    if failing > 0 {
      let verb = failing == 1 ? "fails" : "fail"
      return "### ❌ \(quantity(failing, "finding")) of \(target) \(verb)"
    }
    if let doubt = report.doubt { return "### ⚠️ \(target): \(doubt)" }
    return "### ✅ \(target): \(shown == 0 ? "no leaks found" : "no finding fails")"
  }

  private static func row(_ finding: LeakReport.Finding, fails: Bool, root: SourceRoot) -> String {
    let place = finding.place.flatMap { place in
      place.file.map {
        MarkdownText.code(sourcePosition(file: root.relative($0), line: place.line))
      }
    }
    let cells = [
      fails ? "❌" : finding.acceptanceWord ?? "·",
      "\(finding.kind.readable), \(finding.confidence.rawValue): "
        + MarkdownText.code(briefly(finding.type)),
      grouped(finding.count), readableBytes(finding.bytes),
      finding.advice.map(MarkdownText.sentence) ?? "", place ?? "",
    ]
    return "| \(cells.map(MarkdownText.cell).joined(separator: " | ")) |"
  }

  /// The finding as the terminal shows it.
  private static func details(
    of finding: LeakReport.Finding,
    in report: LeakReport,
    _ quotes: SourceQuotes
  ) -> String {
    var alone = report
    alone.findings = [finding]
    let text = TextReport.renderFindings(of: alone, quotes: quotes)
    let title = escapedForMarkup(MarkdownText.readable(finding.title))
    let fence = MarkdownText.fence(for: text, atLeast: 3)
    return
      "<details><summary>\(title)</summary>\n\n\(fence)\n\(text)\n\(fence)\n\n</details>\n"
  }

  /// What the baseline and the suppressions say.
  private static func managed(_ report: LeakReport) -> [String] {
    list(
      report.fixed,
      title: "**Fixed** since the baseline: remove them with `--update-baseline`."
    ) { "\(MarkdownText.code($0.type)), \($0.kind.readable)" }
      + list(
        report.suppressions.filter { $0.findings > 0 },
        title: "**Suppressed**"
      ) {
        "\(grouped($0.instances)) × \(MarkdownText.code($0.line)): "
          + "\(MarkdownText.sentence($0.reason ?? "no reason given")) "
          + "(\(MarkdownText.sentence($0.source)))"
      }
      + list(
        report.suppressions.filter { $0.findings == 0 },
        title: "**Unused suppressions**: delete them."
      ) { "\(MarkdownText.code($0.line)) (\(MarkdownText.sentence($0.source)))" }
  }

  /// Nothing where there are no items.
  private static func list<Item>(
    _ items: [Item],
    title: String,
    _ text: (Item) -> String
  ) -> [String] {
    guard !items.isEmpty else { return [] }
    var lines = fitting(items, in: Limit.listBytes) { "- \(text($0))" }
    let left = items.count - lines.count
    if left > 0 { lines.append("- … and \(grouped(left)) more") }
    return [title, ""] + lines + [""]
  }

  /// The texts of the items that there is room for.
  private static func fitting<Item>(
    _ items: some Sequence<Item>,
    in bytes: Int,
    _ text: (Item) -> String
  ) -> [String] {
    var left = bytes
    return items.compactMap { item in
      let text = text(item)
      guard text.utf8.count < left else { return nil }
      left -= text.utf8.count + 1
      return text
    }
  }
}

extension LeakReport.Finding {
  /// In a column of a table.
  fileprivate var acceptanceWord: String? {
    switch acceptance {
    case .known: "known"
    case .withinLimit(let limit): "at most \(grouped(limit))"
    case .suppressed: "suppressed"
    case nil: nil
    }
  }
}
