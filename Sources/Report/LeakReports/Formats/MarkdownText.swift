/// Names and sentences as parts of Markdown: whatever is in them means itself.
///
/// Format: https://github.github.com/gfm.
enum MarkdownText {
  /// More of a name than anybody reads, far less than what a page holds.
  private static let limit = 1_000

  /// A code span.
  static func code(_ text: String) -> String {
    let text = readable(text)
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
      return ""
    }
    // The renderer takes one space off each end where both have one.
    let isPadded = first == "`" || last == "`" || first == " " && last == " "
    let padding = isPadded ? " " : ""
    let fence = fence(for: text, atLeast: 1)
    return fence + padding + text + padding + fence
  }

  /// A sentence in which names stand between backticks, as hints and notes have them.
  static func sentence(_ text: String) -> String {
    let text = readable(text)
    // The name of a raw identifier has backticks of its own, in pairs: `Pet.`an owner``.
    let span = /`((?:[^`]|`[^`]+`)+?)`(?![\p{L}\p{N}_])/.matchingSemantics(.unicodeScalar)
    var result = ""
    var rest = text.startIndex
    for match in text.matches(of: span) {
      result += plain(text[rest..<match.range.lowerBound]) + code(String(match.1))
      rest = match.range.upperBound
    }
    return result + plain(text[rest...])
  }

  /// What stands in a cell of a table, where a bar ends it even in a code span.
  static func cell(_ markdown: String) -> String {
    escaping(markdown) { $0 == "|" ? "\\|" : nil }
  }

  /// A run of backticks longer than every one in a text.
  static func fence(for text: String, atLeast length: Int) -> String {
    var longest = length - 1
    var run = 0
    for scalar in text.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: longest + 1)
  }

  /// One line, of a length that can be read.
  static func readable(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return inOneLine(text) }
    return inOneLine(String(scalars[..<end])) + "…"
  }

  private static func plain(_ text: Substring) -> String {
    escaping(String(text)) { scalar in
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", "&", "~": "\\\(scalar)"
      default: nil
      }
    }
  }
}
