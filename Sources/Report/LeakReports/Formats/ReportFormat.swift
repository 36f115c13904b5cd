/// The formats of a report: see Documentation/Interface.md.
package enum ReportFormat: String, Sendable, Hashable, CaseIterable {
  case text, json, html, markdown, sarif, junit, github, dot, collapsed, pprof

  /// The value of `--format`.
  package init(parsing name: String) throws {
    guard let format = ReportFormat(rawValue: name.lowercased()) else {
      throw ReportError(
        code: .wrongUsage,
        message: "there is no format '\(name)'"
          + Suggestion.question(of: name, among: Self.allCases.map(\.rawValue)),
        remedy: "use \(Self.names)"
      )
    }
    self = format
  }

  /// The format that a file extension selects: text where there is none.
  package init(outputPath path: String) throws {
    let name = fileName(path).lowercased()
    // The extension of a name without a stem (`.json`) is the name itself, as in `.profile`.
    let stem = name.drop { $0 == "." }
    guard stem.contains(".") else {
      self = .text
      return
    }
    let formats = Self.allCases.flatMap { format in format.extensions.map { (format, $0) } }
    // The longest: `leaks.sarif.json` is what SARIF itself proposes.
    let match = formats.filter { stem.hasSuffix($0.1) }.max { $0.1.count < $1.1.count }
    guard let match else { throw Self.unknownExtension(of: path, stem) }
    self = match.0
  }

  /// The file extensions that select the format, the usual one first.
  package var extensions: [String] {
    switch self {
    case .text: [".txt", ".text", ".log"]
    case .json: [".json"]
    case .html: [".html", ".htm"]
    case .markdown: [".md", ".markdown"]
    case .sarif: [".sarif", ".sarif.json"]
    case .junit: [".xml"]
    // Printed, not kept.
    case .github: []
    case .dot: [".dot", ".gv"]
    case .collapsed: [".collapsed", ".folded"]
    case .pprof: [".pprof", ".pb"]
    }
  }

  /// All extensions, as help and messages list them.
  package static var extensionList: String { list(allCases.flatMap(\.extensions)) }

  private static func unknownExtension(of path: String, _ name: Substring) -> ReportError {
    let known = allCases.flatMap(\.extensions)
    let ending = name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    let remedy =
      switch ending {
      case ".svg", ".png":
        "write a graph, and draw it: --output leaks.dot, then dot -T\(ending.dropFirst()) leaks.dot"
      case ".pdf": "write a page, and print it from the browser: --output leaks.html"
      default: "use \(extensionList), or choose the format with --format"
      }
    return ReportError(
      code: .wrongUsage,
      message: "the file extension of '\(path)' selects no format"
        + Suggestion.question(of: ending, among: known),
      remedy: remedy
    )
  }

  private static func list(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + (words.count > 1 ? ", or " : "") + (words.last ?? "")
  }

  /// All names, as help and messages list them.
  package static var names: String { list(allCases.map(\.rawValue)) }

  /// Whether a terminal has no use for it.
  package var isBinary: Bool { self == .pprof }
}

extension LeakReport {
  /// The contents of a file in a format; source files are named relative to `root`.
  package func rendered(
    as format: ReportFormat,
    policy: FailurePolicy,
    root: SourceRoot,
    text options: TextReport.Options = TextReport.Options()
  ) throws -> [UInt8] {
    switch format {
    case .text:
      Array(TextReport.render(self, options: options.quoting(from: root)).utf8)
    case .json: try jsonBytes()
    case .html: try HTMLReport.render(self, policy: policy, root: root)
    case .markdown: Array(MarkdownReport.render(self, policy: policy, root: root).utf8)
    case .sarif: SARIFReport.render(self, policy: policy, root: root)
    case .junit: Array(JUnitReport.render(self, policy: policy, root: root).utf8)
    case .github: Array(GitHubReport.render(self, policy: policy, root: root).utf8)
    case .dot: Array(DotReport.render(self).utf8)
    case .collapsed: Array(StackProfile(self).collapsed().utf8)
    case .pprof: StackProfile(self).pprof()
    }
  }
}
