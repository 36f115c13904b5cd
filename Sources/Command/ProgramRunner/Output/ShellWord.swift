/// A word as a shell reads it back: what is printed to be run again is run as it was.
package enum ShellWord {
  /// The word, in quotation marks only where it needs them.
  package static func quoted(_ word: String) -> String {
    if word.isEmpty { return "''" }
    if word.utf8.allSatisfy(isPlain) { return word }
    // Characters that move the cursor, or the text, aren't printed as they are: `$'…'` names them.
    if word.unicodeScalars.contains(where: isUnprintable) { return escaped(word) }
    return "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_@%+=:,./-".utf8.contains(byte)
    }
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func escaped(_ word: String) -> String {
    var text = "$'"
    for scalar in word.unicodeScalars {
      switch scalar {
      case "'", "\\": text += "\\\(scalar)"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case _ where isUnprintable(scalar):
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xffff ? 8 : 4
        let zeros = String(repeating: "0", count: width - digits.count)
        text += (width == 8 ? "\\U" : "\\u") + zeros + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "'"
  }
}
