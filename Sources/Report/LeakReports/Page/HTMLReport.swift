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
    /// In one sentence, as the terminal and every message says it.
    var verdict: String
    /// Whether that is less than "no leaks".
    var isDoubtful: Bool
    /// Nil where no call stack was recorded.
    var flame: FlameTree?
  }

  /// A finding, and what the other formats conclude from it.
  private struct PageFinding: Encodable {
    var finding: LeakReport.Finding

    private enum CodingKeys: String, CodingKey {
      case place, isKnown, isLeak
    }

    func encode(to encoder: any Encoder) throws {
      try finding.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(finding.place, forKey: .place)
      try container.encode(finding.isKnown, forKey: .isKnown)
      try container.encode(finding.isLeak, forKey: .isLeak)
    }
  }

  /// The page, in UTF-8; the policy says which findings fail.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) throws -> [UInt8] {
    let flame = FlameTree(StackProfile(report))
    var frame = report
    frame.findings = []
    // The flame graph has them.
    frame.stacks = []
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let frameData = try encoder.encode(
      PageData(
        report: frame,
        failing: report.findings.filter(policy.fails).map(\.signature),
        sources: SourceExcerpts(of: report, in: SourceFiles(in: root)).excerpts,
        verdict: TextReport.verdict(on: report),
        isDoubtful: report.doubt != nil,
        flame: flame.isEmpty ? nil : flame
      )
    )
    let findings = try LongArray.encode(
      report.findings,
      formatting: .withoutEscapingSlashes,
      indent: 0
    ) {
      PageFinding(finding: $0)
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
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <title>\(title)</title>
      <style>

      """.utf8
    for sheet in [
      PackageResources.page_css, PackageResources.finding_css, PackageResources.flame_css,
      PackageResources.print_css,
    ] { page += sheet }
    page += "</style>\n</head>\n<body>\n".utf8
    page +=
      "<noscript><p>Pictures, search, and tables need JavaScript. As text:</p><pre>".utf8
    page += escapedForMarkup(TextReport.render(report.cut(toFindings: 50))).utf8
    page += "</pre></noscript>\n<script type=\"application/json\" id=\"data\">".utf8
    Self.append(frameData, to: &page)
    page += "</script>\n<script type=\"application/json\" id=\"found\">[".utf8
    for piece in findings { Self.append(piece, to: &page) }
    page += "]</script>\n<script>\n".utf8
    for script in [
      PackageResources.elements_js, PackageResources.picture_js, PackageResources.finding_js,
      PackageResources.findings_js, PackageResources.flame_js, PackageResources.page_js,
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
