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
        return try withoutBrackets(
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

  /// What is between the brackets, its lines moved; a string in JSON has no line break.
  private static func withoutBrackets(_ array: Data, indent: Int) throws -> [UInt8] {
    guard let first = array.firstIndex(where: { !isSpace($0) }), array[first] == opening,
      let last = array.lastIndex(where: { !isSpace($0) }), array[last] == closing, first < last
    else { throw notWhole }
    var content = array[array.index(after: first)..<last]
    // The line break before the bracket stands behind the array.
    while let byte = content.last, isSpace(byte) { content.removeLast() }
    guard indent > 0 else { return Array(content) }
    let space = [UInt8](repeating: UInt8(ascii: " "), count: indent)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count + content.count / 8)
    var rest = content
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      bytes += rest[...newline]
      rest = rest[rest.index(after: newline)...]
      if rest.first != UInt8(ascii: "\n") { bytes += space }
    }
    bytes += rest
    return bytes
  }

  /// Puts the elements of an array into a text that was encoded with that array empty; a line break follows.
  ///
  /// The array is found by what the text says, however the encoder spaces it: a member of the outermost object.
  /// Where it isn't there, or isn't empty, that is an error: a report without its findings would say that all is well.
  static func insert(
    _ pieces: consuming [[UInt8]],
    asMember name: String,
    before end: String,
    in text: Data
  ) throws -> [UInt8] {
    guard let array = emptyArray(named: name, in: text) else { throw notWhole }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + pieces.reduce(0) { $0 + $1.count } + end.utf8.count + 1)
    bytes += text[...array.lowerBound]
    for index in pieces.indices {
      bytes += pieces[index]
      // Not twice in memory.
      pieces[index] = []
    }
    bytes += end.utf8
    bytes += text[array.upperBound...]
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// From the opening bracket to the closing one.
  private static func emptyArray(named name: String, in text: Data) -> ClosedRange<Data.Index>? {
    let wanted = Array(name.utf8)
    var depth = 0
    var index = text.startIndex
    // The last string at this depth, until something else than a colon follows.
    var string: Data?
    while index < text.endIndex {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "\""):
        guard let end = endOfString(from: index, in: text) else { return nil }
        string = text[text.index(after: index)..<end]
        index = end
      case UInt8(ascii: ":"):
        if depth == 1, let string, string.elementsEqual(wanted) {
          guard let start = next(after: index, in: text), text[start] == opening,
            let end = next(after: start, in: text), text[end] == closing
          else { return nil }
          return start...end
        }
        string = nil
      case UInt8(ascii: "{"), opening: depth += 1
      case UInt8(ascii: "}"), closing: depth -= 1
      default: break
      }
      text.formIndex(after: &index)
    }
    return nil
  }

  /// The index of the quotation mark that ends the string which begins at an index.
  private static func endOfString(from start: Data.Index, in text: Data) -> Data.Index? {
    var index = text.index(after: start)
    while index < text.endIndex {
      if text[index] == UInt8(ascii: "\"") { return index }
      if text[index] == UInt8(ascii: "\\") { text.formIndex(after: &index) }
      guard index < text.endIndex else { return nil }
      text.formIndex(after: &index)
    }
    return nil
  }

  private static func next(after index: Data.Index, in text: Data) -> Data.Index? {
    text[text.index(after: index)...].firstIndex { !isSpace($0) }
  }

  private static let opening = UInt8(ascii: "[")
  private static let closing = UInt8(ascii: "]")

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }

  private static var notWhole: ReportError {
    ReportError(
      code: .cannotWrite,
      message: "the report's JSON could not be put together, and was not written",
      remedy: "please report this, with the version of Swift that Remnant was built with"
    )
  }
}
