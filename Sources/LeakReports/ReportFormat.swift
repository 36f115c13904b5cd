/// The formats of the contract.
package enum ReportFormat: String, Sendable, Hashable, CaseIterable {
  case text, json, html, markdown, sarif, junit, github, dot, collapsed, pprof

  /// The formats that this version writes.
  package static let implemented: [ReportFormat] = [.text, .json, .dot]

  /// The value of `--format`.
  package init(parsing name: String) throws {
    guard let format = ReportFormat(rawValue: name.lowercased()) else {
      throw ReportError(
        code: .wrongUsage,
        message: "there is no format named '\(name)'",
        remedy: "use one of \(Self.implementedNames)"
      )
    }
    self = try format.checked(namedBy: "--format \(name)")
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
      case "gz": parts.dropLast().last == "pb" ? .pprof : nil
      default: nil
      }
    guard let format else {
      throw ReportError(
        code: .wrongUsage,
        message: "the ending of '\(path)' says no format",
        remedy: "say --format text, --format json or --format dot"
      )
    }
    self = try format.checked(namedBy: "'\(path)'")
  }

  private static var implementedNames: String {
    implemented.map(\.rawValue).joined(separator: ", ")
  }

  private func checked(namedBy source: String) throws -> ReportFormat {
    guard Self.implemented.contains(self) else {
      throw ReportError(
        code: .wrongUsage,
        message: "\(source) asks for the format \(rawValue), which is not in this version",
        remedy: "use one of \(Self.implementedNames)"
      )
    }
    return self
  }
}
