/// JSON that is written as it is thought: for formats whose shape is somebody else's.
///
/// It is written without Foundation's encoder, which takes more than twice as long.
indirect enum JSONValue {
  case string(String)
  case number(Int)
  case bool(Bool)
  case array([JSONValue])
  /// An array of so many elements, each made when it is written: all of them at once take much memory.
  case each(Int, (Int) -> JSONValue)
  /// Members in order; those that are nil are left out.
  case object([(name: String, value: JSONValue?)])

  /// The text in UTF-8, two columns for each level.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, indent: 0)
    return bytes
  }

  private func write(to bytes: inout [UInt8], indent: Int) {
    switch self {
    case .string(let text): Self.write(text, to: &bytes)
    case .number(let number): bytes += String(number).utf8
    case .bool(let bool): bytes += (bool ? "true" : "false").utf8
    case .array(let values):
      Self.each(values.count) { values[$0] }.write(to: &bytes, indent: indent)
    case .each(let count, let value):
      Self.writeList("[", count, "]", to: &bytes, indent: indent) { index, bytes in
        value(index).write(to: &bytes, indent: indent + 2)
      }
    case .object(let members):
      let present = members.filter { $0.value != nil }
      Self.writeList("{", present.count, "}", to: &bytes, indent: indent) { index, bytes in
        Self.write(present[index].name, to: &bytes)
        bytes += ": ".utf8
        present[index].value?.write(to: &bytes, indent: indent + 2)
      }
    }
  }

  /// Brackets around elements, each on a line of its own.
  private static func writeList(
    _ opening: Unicode.Scalar,
    _ count: Int,
    _ closing: Unicode.Scalar,
    to bytes: inout [UInt8],
    indent: Int,
    element: (Int, inout [UInt8]) -> Void
  ) {
    func breakLine(_ columns: Int) {
      bytes.append(UInt8(ascii: "\n"))
      bytes += repeatElement(UInt8(ascii: " "), count: columns)
    }
    bytes.append(UInt8(ascii: opening))
    for index in 0..<count {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(indent + 2)
      element(index, &bytes)
    }
    if count > 0 { breakLine(indent) }
    bytes.append(UInt8(ascii: closing))
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let backslash = UInt8(ascii: "\\")
    bytes.append(quote)
    var rest = text.utf8[...]
    // Most texts have nothing to escape, and are copied whole.
    while let index = rest.firstIndex(where: { $0 == quote || $0 == backslash || $0 < 0x20 }) {
      bytes += rest[..<index]
      let byte = rest[index]
      if byte < 0x20 {
        bytes += (byte < 0x10 ? "\\u000" : "\\u00").utf8
        bytes += String(byte, radix: 16).utf8
      } else {
        bytes += [backslash, byte]
      }
      rest = rest[rest.index(after: index)...]
    }
    bytes += rest
    bytes.append(quote)
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .string(text) }
  init(arrayLiteral values: JSONValue...) { self = .array(values) }
  init(dictionaryLiteral members: (String, JSONValue?)...) {
    self = .object(members.map { (name: $0.0, value: $0.1) })
  }
}
