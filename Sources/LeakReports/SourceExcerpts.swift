import FoundationEssentials

/// Lines of the source around the places that a report names, where the files can be read on this machine.
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
    static let fileBytes = 4 << 20
    static let columns = 200
  }

  init(of report: LeakReport) {
    var files: [String: [Substring]?] = [:]
    for (file, line) in Self.places(in: report) {
      guard excerpts.count < Limit.excerpts else { return }
      let key = "\(file):\(line)"
      guard excerpts[key] == nil else { continue }
      if files[file] == nil { files[file] = .some(Self.lines(of: file)) }
      guard let lines = files[file] ?? nil, line <= lines.count else { continue }
      let first = max(1, line - Limit.around)
      let last = min(lines.count, line + Limit.around)
      excerpts[key] = Excerpt(
        start: first,
        lines: lines[(first - 1)..<last].map { String($0.prefix(Limit.columns)) }
      )
    }
  }

  private static func places(in report: LeakReport) -> some Sequence<(String, Int)> {
    report.findings.lazy.flatMap { finding -> [(String, Int)] in
      let locations = finding.path.compactMap(\.location).map { ($0.file, $0.line) }
      let frames = finding.allocations.prefix(10).flatMap(\.frames) + (finding.suspendedIn ?? [])
      return (locations + frames.filter { !$0.library }.map { ($0.file, $0.line) })
        .compactMap { file, line in
          guard let file, let line, file.hasPrefix("/"), line > 0 else { return nil }
          return (file, line)
        }
    }
  }

  /// Nil where it is no text file of a usual size.
  private static func lines(of file: String) -> [Substring]? {
    guard
      let attributes = try? FileManager.default.attributesOfItem(atPath: file),
      attributes[.type] as? FileAttributeType == .typeRegular,
      let size = attributes[.size] as? Int, size <= Limit.fileBytes,
      let text = try? String(contentsOfFile: file, encoding: .utf8)
    else { return nil }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
