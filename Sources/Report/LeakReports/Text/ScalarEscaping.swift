/// A text with some of its scalars written in another way; nil leaves one as it is.
///
/// By scalars, because a format's reader knows no others: `\r\n`, and a quotation mark with a combining accent,
/// are one `Character` each, which is equal to neither `\n` nor `"`.
func escaping(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count + text.utf8.count / 8)
  for scalar in text.unicodeScalars {
    if let replacement = replacement(scalar) {
      result += replacement
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Text as HTML and XML show it.
///
/// Characters that XML has no way to write become U+FFFD.
func escapedForMarkup(_ text: String) -> String {
  escaping(text) { scalar in
    switch scalar {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    case "\n", "\t": nil
    case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": "\u{fffd}"
    case _ where scalar.turnsText: "\u{fffd}"
    default: nil
    }
  }
}

/// Text with spaces for what ends lines, and for other control characters.
func inOneLine(_ text: String) -> String {
  escaping(text) { scalar in
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: " "
    case _ where scalar.turnsText: "\u{fffd}"
    default: nil
    }
  }
}

extension Unicode.Scalar {
  /// Whether it changes the direction of the text around it: a name could make a line read as another one.
  ///
  /// Unicode Standard Annex #9, "Explicit Directional Formatting Characters" and "Implicit" ones.
  var turnsText: Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
