internal import LeakReports
internal import Yams

/// What `.remnant.yml` says: the options that every run of a project has.
///
///     fail-on: [retain-cycle, unbalanced-retain:proven]
///     suppressions: leaks.supp
///     baseline: leaks.baseline.json
///     limits:
///       8f0c3a51d2b7e694: 10
///
/// Paths are relative to the file's folder. An option of the command line wins over the file.
package struct Configuration: Sendable, Hashable {
  /// The names that are looked for.
  ///
  /// The first that is there is read.
  package static let fileNames = [".remnant.yml", ".remnant.yaml"]

  /// As `--fail-on`.
  package var failOn: String?
  /// As `--show`.
  package var show: String?
  package var baseline: String?
  package var suppressions: [String] = []
  /// How many instances are accepted, by signature.
  package var limits: [String: Int] = [:]
  package var leakExitCode: Int32?
  /// As `--depth`.
  package var depth: Int?

  package init() {}

  private enum Setting: String, CaseIterable {
    case failOn = "fail-on"
    case show, baseline, suppressions, limits
    case leakExitCode = "leak-exit-code"
    case depth
  }

  /// Reads a file's text; its name is for messages.
  package init(parsing text: String, file: String) throws {
    try Self.refuseAliases(in: text, file: file)
    let document: Node?
    do { document = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw Self.refusal(of: error, file: file)
    }
    guard let document, document.null == nil || document.mapping != nil else { return }
    guard let mapping = document.mapping else {
      throw Self.error(file, document, "settings are expected here", "write NAME: VALUE lines")
    }
    for (key, value) in mapping {
      guard let name = key.scalar?.string, let setting = Setting(rawValue: name) else {
        let names = Setting.allCases.map(\.rawValue)
        let name = key.scalar?.string ?? "…"
        throw Self.error(
          file,
          key,
          "there is no setting '\(name)'" + Suggestion.question(of: name, among: names),
          "use \(names.joined(separator: ", "))"
        )
      }
      try read(setting, value, file: file)
    }
  }

  /// An alias that stands for aliases makes the parser compare what no machine can hold, and no setting needs one.
  ///
  /// Whatever begins with `&` or `*` outside of quotes and comments is one.
  private static func refuseAliases(in text: String, file: String) throws {
    var line = 1
    var column = 0
    var quote: Character?
    var isInComment = false
    var before: Character = "\n"
    for character in text {
      defer { before = character }
      column += 1
      if character.isNewline {
        (line, column) = (line + 1, 0)
        isInComment = false
        continue
      }
      if isInComment { continue }
      let begins = before.isWhitespace || "[{,".contains(before)
      switch character {
      case quote: quote = nil
      case _ where quote != nil: break
      case "\"" where begins, "'" where begins: quote = character
      case "#" where before.isWhitespace: isInComment = true
      case "&" where begins, "*" where begins:
        throw ReportError(
          code: .unreadableInput,
          message: "\(file):\(line):\(column): settings have no anchors and aliases",
          remedy: "write it out, or put it between quotes"
        )
      default: break
      }
    }
  }

  private mutating func read(_ setting: Setting, _ value: Node, file: String) throws {
    func refuse(_ node: Node, _ what: String, _ remedy: String) -> ReportError {
      Self.error(file, node, "\(setting.rawValue): \(what)", remedy)
    }
    /// A text, or a list of texts.
    func texts() throws -> [String] {
      if let text = value.scalar?.string, !text.isEmpty { return [text] }
      guard let items = value.sequence else {
        throw refuse(value, "a text or a list is expected", "write VALUE or [VALUE, …]")
      }
      return try items.map { item in
        guard let text = item.scalar?.string, !text.isEmpty else {
          throw refuse(item, "a text is expected", "write one VALUE for each entry")
        }
        return text
      }
    }
    func text() throws -> String {
      guard let text = value.scalar?.string, !text.isEmpty else {
        throw refuse(value, "a text is expected", "write \(setting.rawValue): VALUE")
      }
      return text
    }
    func number(_ node: Node, in range: ClosedRange<Int>) throws -> Int {
      guard let number = node.int, range.contains(number) else {
        throw refuse(
          node,
          "'\(node.scalar?.string ?? "…")' isn't a number from \(range.lowerBound) to \(range.upperBound)",
          setting == .limits ? "write SIGNATURE: NUMBER" : "write \(setting.rawValue): NUMBER"
        )
      }
      return number
    }
    /// What an option would refuse is refused here, by its line.
    func checked(_ body: () throws -> Void) throws {
      do { try body() } catch let error as ReportError {
        throw refuse(value, error.message, error.remedy)
      }
    }
    switch setting {
    case .failOn:
      let list = try texts().joined(separator: ",")
      try checked { _ = try FailurePolicy(parsing: list) }
      failOn = list
    case .show:
      let list = try texts().joined(separator: ",")
      try checked { _ = try FailurePolicy.kinds(parsing: list) }
      show = list
    case .baseline: baseline = try text()
    case .suppressions: suppressions = try texts()
    case .leakExitCode: leakExitCode = Int32(try number(value, in: 0...255))
    case .depth: depth = try number(value, in: 1...512)
    case .limits:
      guard let entries = value.mapping else {
        throw refuse(value, "signatures with numbers are expected", "write SIGNATURE: NUMBER lines")
      }
      for (key, value) in entries {
        guard let signature = key.scalar?.string, Self.isSignature(signature) else {
          throw refuse(
            key,
            "a signature is expected",
            "take it from a report: 16 hexadecimal digits"
          )
        }
        limits[signature] = try number(value, in: 0...Int(Int32.max))
      }
    }
  }

  private static func isSignature(_ text: String) -> Bool {
    text.count == 16 && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
  }

  private static func error(
    _ file: String,
    _ node: Node,
    _ what: String,
    _ remedy: String
  ) -> ReportError {
    let place = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
    return ReportError(code: .unreadableInput, message: "\(file)\(place): \(what)", remedy: remedy)
  }

  private static func refusal(of error: YamlError, file: String) -> ReportError {
    var place = ""
    var problem = "it isn't valid YAML"
    switch error {
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      place = ":\(mark.line):\(mark.column)"
      problem += ": \(text)"
    case .reader(let text, _, _, _): problem += ": \(text)"
    case .duplicatedKeysInMapping(let names, let context):
      place = ":\(context.mark.line):\(context.mark.column)"
      problem = "\(names.joined(separator: ", ")) is there twice"
    default: break
    }
    return ReportError(
      code: .unreadableInput,
      message: "\(file)\(place): \(problem)",
      remedy: "correct it, or run with --no-config"
    )
  }
}
