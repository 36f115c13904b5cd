/// What a character becomes in a terminal.
package enum TerminalCharacter {
  /// How many columns a character takes: two for East Asian wide ones and emoji.
  static func width(of character: Character) -> Int {
    if let ascii = character.asciiValue { return ascii < 32 ? 0 : 1 }
    let isWide = character.unicodeScalars.contains { scalar in
      scalar.properties.isEmojiPresentation || scalar.value == 0xFE0F || isWideScalar(scalar.value)
    }
    return isWide ? 2 : 1
  }

  /// The blocks of Unicode's EastAsianWidth.txt that are W or F, roughly: too wide only wraps early.
  private static func isWideScalar(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F1E6...0x1F1FF, 0x1F300...0x1FAFF,
      0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// Text as it may be printed: names come from a program that nobody vouches for, and a control
  /// character or a change of writing direction could forge what the terminal shows.
  package static func printable(_ text: String, unicode: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        // A line break within a sentence is a space.
        result += ["\n", "\t", "\u{2028}", "\u{2029}"].contains(scalar) ? " " : "?"
      case .format where scalar.value != 0x200D:
        result += "?"
      default:
        if unicode || scalar.isASCII {
          result.unicodeScalars.append(scalar)
        } else {
          result += ascii[scalar] ?? "?"
        }
      }
    }
    return result
  }

  /// What the report's own signs are where only ASCII can be shown.
  private static let ascii: [Unicode.Scalar: String] = [
    "├": "|", "╰": "`", "─": "-", "│": "|", "┊": ":", "→": "->", "←": "<-", "⋯": "...", "…": "...",
    "×": "x", "·": "-", "“": "\"", "”": "\"", "’": "'",
  ]
}
