internal import HeapAnalysis

/// The source lines that a report quotes, with what is to be underlined in them.
///
/// Only from sources of the folder that one stands in: see `SourceFiles`. A place that the text doesn't show for certain
/// is quoted without a mark, or not at all.
final class SourceQuotes {
  struct Quote: Hashable {
    /// Relative to the source root.
    var file: String
    var line: Int
    var text: String
    /// What is underlined, in characters of the text; nil where only the line is known.
    var marked: Range<Int>?
  }

  private let root: SourceRoot
  private let sources: SourceFiles
  private var files: [String: [Substring.UTF8View]?] = [:]
  private var declarations: [String: SourceDeclarations] = [:]
  private var neighbours: [String: [String]] = [:]

  private enum Limit {
    /// Lines of a closure that are looked through for a capture.
    static let closure = 60
    /// Files of one folder that are looked through for a property.
    static let files = 400
  }

  init(in root: SourceRoot) {
    self.root = root
    sources = SourceFiles(in: root)
  }

  /// Of what a finding's fix changes; where there is no such reference, of what to look at.
  func quotes(of finding: LeakReport.Finding) -> [Quote] {
    let edges = finding.hint?.edges ?? []
    var quotes: [Quote] = []
    for edge in edges where finding.path.indices.contains(edge) {
      let quote =
        capture(in: finding.path[edge]) ?? property(of: finding.path[edge], finding)
      if let quote, !quotes.contains(quote) { quotes.append(quote) }
    }
    if !quotes.isEmpty { return Array(quotes.prefix(2)) }
    guard finding.hint?.change != .weaken else { return [] }
    return place(of: finding).map { [$0] } ?? []
  }

  // MARK: A capture

  private func capture(in step: LeakReport.Finding.Step) -> Quote? {
    guard let location = step.location, let file = location.file, let start = location.line else {
      return nil
    }
    let name =
      step.captures?.first
      ?? (step.via.hasPrefix("capture ") ? String(step.via.dropFirst("capture ".count)) : nil)
    guard let name, let lines = lines(of: file), (1...lines.count).contains(start) else {
      return nil
    }
    let word = String(name.prefix { $0 != "." && $0 != "[" })
    let isName = word.first.map { !$0.isNumber } == true
    var depth = 0
    for number in start...min(lines.count, start + Limit.closure) {
      let text = Self.text(lines[number - 1])
      var position = text.startIndex
      if number == start {
        // What comes before the closure on its line isn't in it.
        guard let brace = text.firstIndex(of: "{") else { return quote(file, number, text, nil) }
        guard isName else { return quote(file, number, text, brace..<text.index(after: brace)) }
        position = brace
      }
      let rest = text[position...]
      if let range = Self.range(of: word, in: rest) { return quote(file, number, text, range) }
      for character in rest { depth += character == "{" ? 1 : character == "}" ? -1 : 0 }
      if depth <= 0 { break }
    }
    let text = Self.text(lines[start - 1])
    let brace = text.firstIndex(of: "{")
    return quote(file, start, text, brace.map { $0..<text.index(after: $0) })
  }

  /// A whole word, and outside of comments.
  private static func range(of word: String, in text: Substring) -> Range<Substring.Index>? {
    let code = text.firstRange(of: "//").map { text[..<$0.lowerBound] } ?? text
    func isPart(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_"
    }
    return code.ranges(of: word).first { range in
      let before =
        range.lowerBound == code.startIndex ? nil : code[code.index(before: range.lowerBound)]
      let after = range.upperBound == code.endIndex ? nil : code[range.upperBound]
      return !(before.map { isPart($0) || $0 == "." } ?? false) && !(after.map(isPart) ?? false)
    }
  }

  // MARK: A property

  private func property(of step: LeakReport.Finding.Step, _ finding: LeakReport.Finding) -> Quote? {
    let name = step.via.prefix { $0 != "[" && $0 != "." }
    guard step.variableOf == nil, !name.isEmpty, !name.contains(" ") else { return nil }
    var types = [shortTypeName(step.from)]
    // The fix names the type that declares it, which may be a superclass.
    if let named = finding.hint?.text.firstMatch(of: /`([^`]+)\.([^`.\[]+)(\[\])?`/),
      named.2 == name
    {
      types.insert(String(named.1), at: 0)
    }
    for type in types {
      let plain = type.prefix { $0 != "<" }
      var found: [Quote] = []
      for file in files(of: finding) {
        guard let lines = lines(of: file) else { continue }
        for place in declarations(of: file, lines)["\(plain).\(name)"] ?? [] {
          found.append(quote(file, place, lines))
        }
      }
      if found.count == 1 { return found[0] }
    }
    return nil
  }

  private func declarations(
    of file: String,
    _ lines: [Substring.UTF8View]
  ) -> [String: Set<SourceDeclarations.Place>] {
    if let known = declarations[file] { return known.places }
    let found = SourceDeclarations(lines: lines)
    declarations[file] = found
    return found.places
  }

  /// The Swift files that a finding names, and those beside them: of one module, as a rule.
  private func files(of finding: LeakReport.Finding) -> [String] {
    let named =
      finding.quotableFrames.compactMap(\.file)
      + finding.path.compactMap { $0.location?.file }
    var all: [String] = []
    for file in named where file.hasPrefix("/") && root.contains(file) {
      let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "/"
      if neighbours[folder] == nil {
        neighbours[folder] = Suggestion.files(in: folder).filter { $0.hasSuffix(".swift") }.sorted()
          .prefix(Limit.files).map { folder + $0 }
      }
      for neighbour in neighbours[folder] ?? [] where !all.contains(neighbour) {
        all.append(neighbour)
      }
    }
    return all
  }

  // MARK: A place

  /// Where the object was made whose retain has no release, or where a task waits.
  private func place(of finding: LeakReport.Finding) -> Quote? {
    let frames =
      finding.kind == .stuckTask
      ? finding.suspendedIn ?? [] : finding.allocations.first?.frames ?? []
    guard let frame = frames.first(where: { !$0.library && $0.file != nil }), let file = frame.file,
      let line = frame.line, let lines = lines(of: file), (1...lines.count).contains(line)
    else { return nil }
    let text = Self.text(lines[line - 1])
    // A column is in bytes, from 1.
    let start = frame.column.flatMap {
      text.utf8.index(text.startIndex, offsetBy: $0 - 1, limitedBy: text.endIndex)
    }
    let range = start.flatMap { start -> Range<String.Index>? in
      guard start < text.endIndex else { return nil }
      let end =
        text[start...].firstIndex { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? text.endIndex
      return start..<max(end, text.index(after: start))
    }
    return quote(file, line, text, range)
  }

  // MARK: Lines

  private func lines(of file: String) -> [Substring.UTF8View]? {
    guard file.hasPrefix("/") else { return nil }
    if let known = files[file] { return known }
    let lines = sources.lines(of: file)
    files[file] = .some(lines)
    return lines
  }

  private static func text(_ line: Substring.UTF8View) -> String { String(Substring(line)) }

  private func quote(
    _ file: String,
    _ place: SourceDeclarations.Place,
    _ lines: [Substring.UTF8View]
  ) -> Quote {
    let text = Self.text(lines[place.line - 1])
    let start = text.utf8.index(text.startIndex, offsetBy: place.offset)
    return quote(file, place.line, text, start..<text.utf8.index(start, offsetBy: place.length))
  }

  private func quote(
    _ file: String,
    _ line: Int,
    _ text: String,
    _ range: Range<String.Index>?
  ) -> Quote {
    Quote(
      file: root.relative(file),
      line: line,
      text: text,
      marked: range.map {
        text.distance(
          from: text.startIndex,
          to: $0.lowerBound
        )..<text.distance(
          from: text.startIndex,
          to: $0.upperBound
        )
      }
    )
  }
}
