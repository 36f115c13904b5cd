import Dispatch
import FoundationEssentials
import Synchronization

/// A long array as JSON, a piece at a time and on all processors: Foundation's encoder keeps a tree of all that it
/// encodes, several times the size of the text.
enum LongArray {
  private static let pieceCount = 128

  /// The elements with commas between them, without the brackets around them, in pieces.
  ///
  /// `indent` is how many columns lines are moved to the right: where the array stands in a text that is indented.
  static func encode<Element: Sendable, Encoded: Encodable>(
    _ elements: [Element],
    formatting: JSONEncoder.OutputFormatting,
    indent: Int,
    as transform: @Sendable (Element) -> Encoded
  ) throws -> [[UInt8]] {
    let starts = Array(stride(from: 0, to: elements.count, by: pieceCount))
    let pieces = Mutex([Result<[UInt8], any Error>?](repeating: nil, count: starts.count))
    DispatchQueue.concurrentPerform(iterations: starts.count) { index in
      let end = min(starts[index] + pieceCount, elements.count)
      let result = Result {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        return withoutBrackets(
          try encoder.encode(elements[starts[index]..<end].map(transform)),
          indent: indent
        )
      }
      pieces.withLock { $0[index] = result }
    }
    var encoded = try pieces.withLock { pieces in
      defer { pieces = [] }
      return try pieces.compactMap { try $0?.get() }
    }
    for index in encoded.indices.dropFirst() { encoded[index].insert(UInt8(ascii: ","), at: 0) }
    return encoded
  }

  /// What is between the first and the last byte, its lines moved; a string in JSON has no line break.
  private static func withoutBrackets(_ array: Data, indent: Int) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    return array.withUnsafeBytes { array in
      var content = array.dropFirst().dropLast()
      // The line break before the bracket stands behind the array.
      if content.last == newline { content = content.dropLast() }
      guard indent > 0 else { return Array(content) }
      let space = [UInt8](repeating: UInt8(ascii: " "), count: indent)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(content.count + content.count / 8)
      var start = content.startIndex
      while start < content.endIndex {
        let line = content[start...]
        let end = line.dropFirst().firstIndex(of: newline) ?? line.endIndex
        // Each line begins with its line break.
        bytes.append(newline)
        if end > start + 1 { bytes += space }
        bytes += line[(start + 1)..<end]
        start = end
      }
      return bytes
    }
  }

  /// Puts the elements of an array into a text that was encoded with that array empty; a line break follows.
  ///
  /// Nil where the text has no such array.
  static func insert(
    _ pieces: consuming [[UInt8]],
    at marker: String,
    closing: String,
    in text: Data
  ) -> [UInt8]? {
    guard let range = text.firstRange(of: Data(marker.utf8)) else { return nil }
    // What the encoder writes of an empty array: brackets, and blank lines between.
    var end = range.upperBound
    while end < text.endIndex, text[end] != UInt8(ascii: "]") { end += 1 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + pieces.reduce(0) { $0 + $1.count } + closing.utf8.count + 1)
    bytes += text[..<range.upperBound]
    for index in pieces.indices {
      bytes += pieces[index]
      // Not twice in memory.
      pieces[index] = []
    }
    bytes += closing.utf8
    bytes += text[end...]
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
