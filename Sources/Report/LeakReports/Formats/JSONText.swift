/// A JSON text that somebody hands in, looked at before it is decoded.
///
/// Foundation's parser says that a text is no JSON, and neither where nor why. And it takes numbers that no report has:
/// every one of Remnant's is a count, a size, a duration or an index, and sums of others could overflow.
struct JSONText<Bytes: Collection<UInt8>> {
  private let bytes: Bytes

  init(_ bytes: Bytes) { self.bytes = bytes }

  /// Far beyond any real number, and small enough that no sum of those in one file overflows: 4 TiB.
  private var greatest: Double { 4_398_046_511_104 }

  /// What is wrong with it, as far as can be told at a glance; nil where nothing is.
  ///
  /// Complexity: O(n).
  func defect() -> String? {
    if !bytes.contains(where: { !isSpace($0) }) { return "it is empty" }
    var isInString = false
    var depth = 0
    var index = bytes.startIndex
    while index != bytes.endIndex {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\\") where isInString:
        bytes.formIndex(after: &index)
        if index == bytes.endIndex { return "it ends in the middle of a string" }
      case UInt8(ascii: "\""): isInString.toggle()
      case _ where isInString: break
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let start = index
        while index != bytes.endIndex, isPartOfNumber(bytes[index]) {
          bytes.formIndex(after: &index)
        }
        let number = bytes[start..<index]
        if isOutOfRange(number) {
          return "line \(line(of: start)) has the number \(String(decoding: number, as: UTF8.self))"
        }
        continue
      default: break
      }
      bytes.formIndex(after: &index)
    }
    return depth > 0 || isInString
      ? "it ends in line \(line(of: bytes.endIndex)), in the middle: was it written to its end?"
      : nil
  }

  private func line(of index: Bytes.Index) -> Int {
    1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
  }

  private func isOutOfRange(_ number: Bytes.SubSequence) -> Bool {
    // Most are short.
    if number.count <= 12, number.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    {
      return false
    }
    guard let value = Double(String(decoding: number, as: UTF8.self)) else { return false }
    return !(0...greatest).contains(value)
  }

  private func isPartOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }
}
