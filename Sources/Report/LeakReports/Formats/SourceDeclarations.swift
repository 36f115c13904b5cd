/// Where Swift files declare their stored properties, as far as the text says.
///
/// A report knows a property by its type and name, and no debug information has the line of one. So the files are read as
/// an editor's outline reads them: braces are followed, comments and strings are skipped, and a property counts only where
/// it stands directly in a type. What is declared at two places, behind `#if` say, has none.
///
/// Complexity: O(*n*) for *n* bytes, once for each file.
struct SourceDeclarations {
  struct Place: Hashable {
    /// From 1.
    var line: Int
    /// Bytes before the name in its line.
    var offset: Int
    var length: Int
  }

  /// By `Outer.Inner.property`, without the module.
  private(set) var places: [String: Set<Place>] = [:]

  private static let openers: Set = ["class", "actor", "struct", "enum", "extension", "protocol"]

  init(lines: [Substring.UTF8View]) {
    var scanner = Scanner(lines: lines)
    /// For each open brace, the type that it opens; nil for anything else.
    var scopes: [String?] = []
    var opened: String?
    var previous = ""
    while let token = scanner.next() {
      switch token.text {
      case "{":
        scopes.append(opened)
        opened = nil
      case "}":
        _ = scopes.popLast()
        opened = nil
      case ";": opened = nil
      case "func", "init", "case", "subscript": opened = nil
      default:
        if Self.openers.contains(previous), token.isWord,
          !["func", "var", "let"].contains(token.text)
        {
          opened = scanner.dotted(token.text)
        } else if previous == "var" || previous == "let", token.isWord,
          let innermost = scopes.last, innermost != nil
        {
          let types = scopes.compactMap(\.self)
          places[(types + [token.text]).joined(separator: "."), default: []].insert(token.place)
        }
      }
      previous = token.text
    }
  }

  /// Words and braces of Swift's lexical structure; the rest is passed over.
  private struct Scanner {
    struct Token {
      var text: String
      var isWord: Bool
      var place: Place
    }

    private let lines: [Substring.UTF8View]
    private var line = 0
    private var bytes: [UInt8] = []
    private var index = 0
    private var comments = 0
    private var isInLongString = false

    init(lines: [Substring.UTF8View]) {
      self.lines = lines
      bytes = lines.first.map(Array.init) ?? []
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
      index + offset < bytes.count ? bytes[index + offset] : nil
    }

    private func isAt(_ text: StaticString) -> Bool {
      let text = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      return bytes[index...].starts(with: text)
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
        true
      default: false
      }
    }

    /// The rest of a name with dots in it: `extension Outer.Inner`.
    mutating func dotted(_ first: String) -> String {
      var name = first
      while byte() == UInt8(ascii: "."), let next = byte(1), Self.isPartOfWord(next) {
        index += 1
        guard let token = word() else { break }
        name += "." + token.text
      }
      return name
    }

    private mutating func word() -> Token? {
      let start = index
      while let byte = byte(), Self.isPartOfWord(byte) { index += 1 }
      guard index > start else { return nil }
      return Token(
        text: String(decoding: bytes[start..<index], as: UTF8.self),
        isWord: true,
        place: Place(line: line + 1, offset: start, length: index - start)
      )
    }

    mutating func next() -> Token? {
      while true {
        guard let byte = byte() else {
          line += 1
          guard line < lines.count else { return nil }
          bytes = Array(lines[line])
          index = 0
          continue
        }
        if comments > 0 {
          let (ends, begins) = (isAt("*/"), isAt("/*"))
          comments += begins ? 1 : ends ? -1 : 0
          index += begins || ends ? 2 : 1
        } else if isInLongString {
          if isAt("\"\"\"") {
            isInLongString = false
            index += 3
          } else {
            index += byte == UInt8(ascii: "\\") ? 2 : 1
          }
        } else if isAt("//") {
          index = bytes.count
        } else if isAt("/*") {
          comments = 1
          index += 2
        } else if isAt("\"\"\"") {
          isInLongString = true
          index += 3
        } else if byte == UInt8(ascii: "\"") {
          skipString()
        } else if Self.isPartOfWord(byte) {
          return word()
        } else {
          index += 1
          if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: ";") {
            return Token(
              text: String(UnicodeScalar(byte)),
              isWord: false,
              place: Place(line: line + 1, offset: index - 1, length: 1)
            )
          }
        }
      }
    }

    /// To its end, or that of the line: what is interpolated has no declarations.
    private mutating func skipString() {
      index += 1
      while let byte = byte(), byte != UInt8(ascii: "\"") {
        index += byte == UInt8(ascii: "\\") ? 2 : 1
      }
      index += 1
    }
  }
}
