import FoundationEssentials

/// A report to look at: one page that needs no network, with the report's data in it.
///
/// The page's own code (`Page/*.js`) draws what the reader opens, so that ten thousand findings are as quick to open
/// as one.
package struct HTMLReport {
  private struct PageData: Encodable {
    var report: LeakReport
    /// Signatures of the findings that fail.
    var failing: [String]
    var sources: [String: SourceExcerpts.Excerpt]
    var isUnchecked: Bool
    var leftNothingAlive: Bool
  }

  /// The page, in UTF-8; the policy says which findings fail.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) throws -> [UInt8] {
    var report = report
    // Call stacks of everything that lives are for other formats.
    report.stacks = []
    var frame = report
    frame.findings = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let frameData = try encoder.encode(
      PageData(
        report: frame,
        failing: report.findings.filter(policy.fails).map(\.signature),
        sources: SourceExcerpts(of: report, in: SourceFiles(in: root)).excerpts,
        isUnchecked: report.isUnchecked,
        leftNothingAlive: report.leftNothingAlive
      )
    )
    let findings = try LongArray.encode(
      report.findings,
      formatting: .withoutEscapingSlashes,
      indent: 0
    ) {
      $0
    }
    var page: [UInt8] = []
    page.reserveCapacity(
      frameData.count + findings.reduce(0) { $0 + $1.count + $1.count / 16 } + 65536
    )
    let title = escapedForMarkup("Leaks of \(fileName(report.target.executable))")
    page +=
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
      <title>\(title)</title>
      <style>

      """.utf8
    page += PackageResources.page_css
    page += "</style>\n</head>\n<body>\n".utf8
    page +=
      "<noscript><p>The picture, the search and the tables need JavaScript. In text:</p><pre>".utf8
    page += escapedForMarkup(TextReport.render(report.cut(toFindings: 50))).utf8
    page += "</pre></noscript>\n<script type=\"application/json\" id=\"data\">".utf8
    Self.append(frameData, to: &page)
    page += "</script>\n<script type=\"application/json\" id=\"found\">[".utf8
    for piece in findings { Self.append(piece, to: &page) }
    page += "]</script>\n<script>\n".utf8
    for script in [
      PackageResources.elements_js, PackageResources.picture_js, PackageResources.finding_js,
      PackageResources.page_js,
    ] { page += script }
    page += "</script>\n</body>\n</html>\n".utf8
    return page
  }

  /// In JSON, `<` is in strings only: so nothing in them can end the element.
  private static func append(_ json: some Sequence<UInt8>, to page: inout [UInt8]) {
    for byte in json {
      if byte == UInt8(ascii: "<") { page += escapedLess } else { page.append(byte) }
    }
  }

  private static let escapedLess = Array("\\u003c".utf8)
}

extension LeakReport {
  /// The first findings only, which is told in a note.
  func cut(toFindings limit: Int) -> LeakReport {
    guard findings.count > limit else { return self }
    var report = self
    report.findings = Array(findings.prefix(limit))
    report.summary.notes.append(
      "\(quantity(findings.count - limit, "more finding")) left out here."
    )
    return report
  }
}
