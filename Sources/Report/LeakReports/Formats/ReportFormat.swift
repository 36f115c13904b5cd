/// The formats of the contract.
package enum ReportFormat: String, Sendable, Hashable, CaseIterable {
  case text, json, html, markdown, sarif, junit, github, dot, collapsed, pprof

  /// The value of `--format`.
  package init(parsing name: String) throws {
    guard let format = ReportFormat(rawValue: name.lowercased()) else {
      throw ReportError(
        code: .wrongUsage,
        message: "there is no format named '\(name)'"
          + Suggestion.question(of: name, among: Self.allCases.map(\.rawValue)),
        remedy: "use one of \(Self.names)"
      )
    }
    self = format
  }

  /// The format that a file's ending says: text where it has none.
  package init(outputPath path: String) throws {
    let name = fileName(path).lowercased()
    // The ending of a name without a stem (`.json`) is the name itself, as in `.profile`.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst()
    guard let ending = parts.last, !(name.hasPrefix(".") && parts.count == 1) else {
      self = .text
      return
    }
    let format: ReportFormat? =
      switch ending {
      case "txt", "text", "log": .text
      // `leaks.sarif.json` is what SARIF itself proposes.
      case "json": parts.dropLast().last == "sarif" ? .sarif : .json
      case "html", "htm": .html
      case "md", "markdown": .markdown
      case "sarif": .sarif
      case "xml": .junit
      case "dot", "gv": .dot
      case "collapsed", "folded": .collapsed
      case "pprof", "pb": .pprof
      default: nil
      }
    guard let format else {
      throw ReportError(
        code: .wrongUsage,
        message: "the ending of '\(path)' says no format",
        remedy: "say --format with one of \(Self.names)"
      )
    }
    self = format
  }

  private static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

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
    case .text: Array(TextReport.render(self, options: options).utf8)
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
