/// Lines of the source around the places that a report names, where they are in the repository that one
/// stands in.
struct SourceExcerpts {
  struct Excerpt: Encodable, Sendable {
    /// The number of the first line.
    var start: Int
    var lines: [String]
  }

  /// By `FILE:LINE`.
  private(set) var excerpts: [String: Excerpt] = [:]

  private enum Limit {
    static let excerpts = 2_000
    static let around = 2
    static let columns = 200
  }

  init(of report: LeakReport, in sources: SourceFiles) {
    var files: [String: [Substring.UTF8View]?] = [:]
    for (file, line) in Self.places(in: report) {
      guard excerpts.count < Limit.excerpts else { return }
      let key = "\(file):\(line)"
      guard excerpts[key] == nil else { continue }
      if files[file] == nil { files[file] = .some(sources.lines(of: file)) }
      guard let lines = files[file] ?? nil, line <= lines.count else { continue }
      let first = max(1, line - Limit.around)
      let last = min(lines.count, line + Limit.around)
      excerpts[key] = Excerpt(
        start: first,
        lines: lines[(first - 1)..<last].map { String(Substring($0).prefix(Limit.columns)) }
      )
    }
  }

  private static func places(in report: LeakReport) -> some Sequence<(String, Int)> {
    report.findings.lazy.flatMap { finding -> [(String, Int)] in
      let locations = finding.path.compactMap(\.location).map { ($0.file, $0.line) }
      return (locations + finding.quotableFrames.map { ($0.file, $0.line) })
        .compactMap { file, line in
          guard let file, let line, file.hasPrefix("/"), line > 0 else { return nil }
          return (file, line)
        }
    }
  }
}

extension LeakReport.Finding {
  /// The frames whose source may be quoted: the program's own, of the call stacks that are shown.
  var quotableFrames: [Frame] {
    (allocations.prefix(10).flatMap(\.frames) + (suspendedIn ?? [])).filter { !$0.library }
  }
}
