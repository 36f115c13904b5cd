extension ELFFile {
  /// Calls `body` with what follows each occurrence of a text in a section, up to the next control character.
  ///
  /// Complexity: linear in the section's size; no text is longer than `limit` bytes.
  package func forEachText(
    after marker: String,
    in section: Section,
    limit: Int = 512,
    _ body: (String) -> Void
  ) {
    guard let range = range(of: section) else { return }
    let marker = Array(marker.utf8)
    guard let last = marker.last else { return }
    // Horspool ("Practical fast searching in strings", 1980): how far the marker can move on for the byte at its end.
    var steps = [Int](repeating: marker.count, count: 256)
    for (position, byte) in marker.dropLast().enumerated() {
      steps[Int(byte)] = marker.count - 1 - position
    }
    withBytes(in: range) { bytes in
      var end = marker.count - 1
      while end < bytes.count {
        let byte = bytes[end]
        let start = end - marker.count + 1
        if byte == last, bytes[start...end].elementsEqual(marker) {
          let text = bytes[(end + 1)..<min(end + 1 + limit, bytes.count)].prefix { $0 >= 0x20 }
          body(String(decoding: text, as: UTF8.self))
        }
        end += steps[Int(byte)]
      }
    }
  }
}
