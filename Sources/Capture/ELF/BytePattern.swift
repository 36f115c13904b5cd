/// A text to look for in bytes.
///
/// Horspool, "Practical fast searching in strings", 1980. (`String.contains` allocates at each call.)
struct BytePattern {
  let bytes: [UInt8]
  /// How far the pattern can move on for the byte at its end.
  private let steps: [Int]

  init(_ text: String) {
    bytes = Array(text.utf8)
    var steps = [Int](repeating: bytes.count, count: 256)
    for (position, byte) in bytes.dropLast().enumerated() {
      steps[Int(byte)] = bytes.count - 1 - position
    }
    self.steps = steps
  }

  /// Where the pattern first begins at an offset or behind it; nil where it doesn't occur.
  func firstStart(in text: UnsafeRawBufferPointer, from offset: Int = 0) -> Int? {
    guard let last = bytes.last else { return offset <= text.count ? offset : nil }
    var end = offset + bytes.count - 1
    while end < text.count {
      let byte = text[end]
      let start = end - bytes.count + 1
      if byte == last, text[start...end].elementsEqual(bytes) { return start }
      end += steps[Int(byte)]
    }
    return nil
  }
}
