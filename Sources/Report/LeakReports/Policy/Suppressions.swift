/// Findings that are accepted: what a file in LeakSanitizer's format says.
///
///     # The registry lives as long as the program; see issue 12.
///     leak:App.Registry
///     leak:^App.Pet.owner$
///
/// A line `leak:PATTERN` suppresses the findings that a pattern matches: by a type of the cycle or the leaked type,
/// by a field of the path (`App.Pet.owner`), by a function, a source file or a module of the allocation's call stack,
/// or by the signature. A pattern matches anywhere in a name; `^` and `$` bind it to the start and the end, `*` stands
/// for anything. Comment lines directly above patterns are their reason.
/// Format: https://clang.llvm.org/docs/AddressSanitizer.html#suppressing-memory-leaks.
package struct Suppressions: Sendable, Hashable {
  /// One line `leak:PATTERN`.
  package struct Rule: Sendable, Hashable {
    package var pattern: String
    package var reason: String?
    /// `leaks.supp:12`.
    package var source: String

    static let prefix = "leak:"

    /// As it is written.
    package var line: String { Self.prefix + pattern }
  }

  package var rules: [Rule]

  package init(rules: [Rule] = []) { self.rules = rules }

  /// Reads a file's text; its name is for messages.
  package init(parsing text: String, file: String) throws {
    if let refusal = FileKind(of: text.utf8).refusalAsSuppressions(file) { throw refusal }
    rules = []
    var reason: [String] = []
    var isBelowPattern = false
    // Lines of Windows, too: "\r\n" is one character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.trimmed
      func refuse(_ what: String, _ remedy: String) -> ReportError {
        ReportError(
          code: .unreadableInput,
          message: "\(file):\(index + 1): \(what)",
          remedy: remedy
        )
      }
      if line.isEmpty {
        reason = []
        isBelowPattern = false
      } else if line.hasPrefix("#") {
        let words = line.drop { $0 == "#" }.trimmed
        if isBelowPattern { reason = [] }
        isBelowPattern = false
        if !words.isEmpty { reason.append(String(words)) }
      } else {
        guard let colon = line.firstIndex(of: ":") else {
          throw refuse("'\(line.shortened)' isn't a suppression", "write leak:PATTERN")
        }
        let kind = line[..<colon]
        guard kind == "leak" else {
          throw refuse(
            "there is no kind of suppression '\(kind.shortened)'",
            "write leak:PATTERN"
          )
        }
        let pattern = line[line.index(after: colon)...].trimmed
        guard pattern.contains(where: { !"*^$".contains($0) }) else {
          throw refuse(
            "'\(line.shortened)' would suppress everything",
            "name a type, a field, a function, a file or a module"
          )
        }
        rules.append(
          Rule(
            pattern: String(pattern),
            reason: reason.isEmpty ? nil : reason.joined(separator: " "),
            source: "\(file):\(index + 1)"
          )
        )
        isBelowPattern = true
      }
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self.drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }

  /// For a message: what a person can take in.
  fileprivate var shortened: String { count > 60 ? "\(prefix(57))…" : String(self) }
}

// MARK: Matching

extension Suppressions {
  /// A pattern, ready to be looked for in the bytes of a name.
  private struct Matcher {
    let parts: [[UInt8]]
    let isAtStart: Bool
    let isAtEnd: Bool

    init(_ pattern: String) {
      var bytes = Array(pattern.utf8)[...]
      isAtStart = bytes.first == UInt8(ascii: "^")
      if isAtStart { bytes.removeFirst() }
      isAtEnd = bytes.last == UInt8(ascii: "$")
      if isAtEnd { bytes.removeLast() }
      parts = bytes.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(
        Array.init
      )
    }

    func matches(_ name: String) -> Bool {
      var name = name
      return name.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Greedily from the left: the first place of each part leaves the most room for the next.
    private func matches(_ name: UnsafeRawBufferPointer) -> Bool {
      var position = 0
      for (index, part) in parts.enumerated() {
        if index == parts.count - 1, isAtEnd {
          let start = name.count - part.count
          guard start >= position, index > 0 || !isAtStart || start == 0 else { return false }
          return name[start...].elementsEqual(part)
        }
        if index == 0, isAtStart {
          guard name.starts(with: part) else { return false }
          position = part.count
          continue
        }
        guard let found = Self.find(part, in: name, from: position) else { return false }
        position = found + part.count
      }
      return true
    }

    private static func find(_ part: [UInt8], in name: UnsafeRawBufferPointer, from: Int) -> Int? {
      guard let first = part.first else { return from }
      var position = from
      while position + part.count <= name.count {
        if name[position] == first, name[position..<position + part.count].elementsEqual(part) {
          return position
        }
        position += 1
      }
      return nil
    }
  }

  /// The names of a finding that patterns are looked for in.
  private struct Names {
    /// Each by itself is enough.
    var single: Set<String>
    /// For each type that was allocated, the names on each of its call stacks: all stacks of one type must match,
    /// because one finding stands for instances from several places.
    var stacks: [[Set<String>]]

    init(of finding: LeakReport.Finding) {
      single = Set(finding.signatures + [finding.type])
      for member in finding.members where member.role == .cycle { single.insert(member.type) }
      for step in finding.path {
        single.insert("\(step.from).\(step.via)")
        single.formUnion([step.from, step.to])
        if let location = step.location {
          single.insert(location.function)
          if let file = location.file { single.insert(file) }
        }
      }
      for frame in finding.suspendedIn ?? [] { single.formUnion(Self.names(of: frame)) }
      var byType: [String: [Set<String>]] = [:]
      let own = Set(finding.members.filter { $0.role == .cycle }.map(\.type)).union([finding.type])
      for allocation in finding.allocations where own.contains(allocation.type) {
        byType[allocation.type, default: []].append(Set(allocation.frames.flatMap(Self.names)))
      }
      stacks = Array(byType.values)
    }

    private static func names(of frame: LeakReport.Finding.Frame) -> [String] {
      [frame.function, frame.image] + (frame.file.map { [$0] } ?? [])
    }

    func contains(_ matcher: Matcher) -> Bool { contains { $0.contains(where: matcher.matches) } }

    func contains(anyOf names: Set<String>) -> Bool { contains { !$0.isDisjoint(with: names) } }

    private func contains(_ isMet: (Set<String>) -> Bool) -> Bool {
      isMet(single) || stacks.contains { $0.allSatisfy(isMet) }
    }
  }

  /// The first rule that covers each finding.
  fileprivate func coverings(of findings: [LeakReport.Finding]) -> [Int?] {
    guard !rules.isEmpty else { return findings.map { _ in nil } }
    let matchers = rules.map { Matcher($0.pattern) }
    return findings.map { finding in
      let names = Names(of: finding)
      return matchers.firstIndex(where: names.contains)
    }
  }
}

extension LeakReport {
  /// What became of one suppression.
  package struct SuppressionUse: Sendable, Hashable, Codable {
    /// As it is written: `leak:App.Registry`.
    package var line: String
    @NullEncoded package var reason: String?
    /// The file and line where it is written.
    package var source: String
    /// How many findings it covers: 0 for one that is not needed any more.
    package var findings: Int
    /// How many instances these stand for.
    package var instances: Int
  }

  /// Marks the findings that suppressions cover, and counts what each covers.
  ///
  /// What an earlier look at the report has suppressed already is looked at again: who judges a saved report by the
  /// suppressions that it was made with must not be told that they are unused.
  package mutating func apply(_ suppressions: Suppressions) {
    let open = findings.indices.filter {
      findings[$0].suppressedBy?.hasPrefix(Suppressions.Rule.prefix) ?? true
    }
    let coverings = suppressions.coverings(of: open.map { findings[$0] })
    for (index, rule) in zip(open, coverings) {
      guard let rule else { continue }
      findings[index].suppressedBy = suppressions.rules[rule].line
    }
    let covered = Dictionary(grouping: findings.filter { $0.suppressedBy != nil }) {
      $0.suppressedBy ?? ""
    }
    let lines = Set(suppressions.rules.map(\.line))
    // Of the earlier ones stay those that still cover something, and those that never did.
    self.suppressions.removeAll { use in
      lines.contains(use.line) || use.findings > 0 && covered[use.line] == nil
    }
    self.suppressions += suppressions.rules.map {
      SuppressionUse(line: $0.line, reason: $0.reason, source: $0.source, findings: 0, instances: 0)
    }
    var counted: Set<String> = []
    for index in self.suppressions.indices {
      let line = self.suppressions[index].line
      // Of two that say the same, the second is not needed.
      let own = counted.insert(line).inserted ? covered[line, default: []] : []
      self.suppressions[index].findings = own.count
      self.suppressions[index].instances = own.reduce(0) { $0 + $1.count }
    }
    summary.suppressed = findings.count { $0.suppressedBy != nil }
  }
}

// MARK: Writing

extension Suppressions {
  /// Suppressions that cover a report's findings, as a file's text.
  ///
  /// Each names the reference to change where there is one, else the finding's signature: never a type, which would
  /// cover leaks of it that are yet to come. The reason is left to the reader.
  /// - Parameter report: what is to be accepted.
  /// - Returns: the text, with a newline at the end.
  package static func text(for report: LeakReport) -> String {
    var lines = ["# Accepted leaks: say why above each. Format: leak:PATTERN", ""]
    var written: Set<String> = []
    for finding in report.findings where finding.suppressedBy == nil && finding.isLeak {
      // One reference can be part of several cycles.
      guard !Names(of: finding).contains(anyOf: written) else { continue }
      let name = narrowestName(of: finding)
      written.insert(name)
      lines.append(
        "# TODO: why. \(finding.kind.readable.capitalizedFirst), \(quantity(finding.count, "instance")) of \(finding.type)"
          .replacing(#/\R/#, with: " ")
      )
      lines += ["\(Rule.prefix)^\(name.replacing(#/\R/#, with: "*"))$", ""]
    }
    return lines.joined(separator: "\n")
  }

  private static func narrowestName(of finding: LeakReport.Finding) -> String {
    let edge = finding.hint?.edges.first ?? 0
    if finding.path.indices.contains(edge) {
      return "\(finding.path[edge].from).\(finding.path[edge].via)"
    }
    // All stuck tasks are of one type: where they wait tells them apart.
    return finding.suspendedIn?.first { !$0.library && $0.file != nil }?.function
      ?? finding.signature
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
