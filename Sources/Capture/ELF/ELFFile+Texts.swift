extension ELFFile {
  /// The version of the Swift compiler, `6.3.1`, where debug information names it (DW_AT_producer).
  package var swiftVersion: String? {
    guard let section = section(named: ".debug_str") else { return nil }
    var version: String?
    forEachOccurrence(of: "Swift version ", in: section, limit: 16) { rest in
      let number = rest.prefix {
        $0 == UInt8(ascii: ".") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
      }
      version = number.isEmpty ? nil : String(decoding: number, as: UTF8.self)
      return false
    }
    return version
  }

  /// Calls `body` with what follows each occurrence of a text in a section, up to the next control character.
  ///
  /// Complexity: linear in the section's size; no text is longer than `limit` bytes.
  package func forEachText(
    after marker: String,
    in section: Section,
    limit: Int = 512,
    _ body: (String) -> Void
  ) {
    forEachOccurrence(of: marker, in: section, limit: limit) { rest in
      body(String(decoding: rest.prefix { $0 >= 0x20 }, as: UTF8.self))
      return true
    }
  }

  /// Debug information of a hundred megabytes is looked through in parts of this size.
  private static let windowSize = 1 << 20
  /// Offsets into tables of texts have 32 bits (DWARF 5, section 7.4): what follows is out of their reach.
  private static let mostTexts: UInt64 = 1 << 32

  /// Calls `body` with up to `limit` bytes behind each occurrence of a marker, until it returns false.
  private func forEachOccurrence(
    of marker: String,
    in section: Section,
    limit: Int,
    _ body: (Slice<UnsafeRawBufferPointer>) -> Bool
  ) {
    let marker = BytePattern(marker)
    let length = marker.bytes.count
    guard length > 0, let range = contents.readableRange(of: section),
      section.size <= Self.mostTexts
    else { return }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.windowSize) {
      // What begins in one window may end in the next.
      let end = min(start + Self.windowSize + length - 1 + limit, range.upperBound)
      guard let bytes = contents.bytes(in: start..<end) else { return }
      let goesOn = bytes.withUnsafeBytes { bytes in
        var next = 0
        while let start = marker.firstStart(in: bytes, from: next), start < Self.windowSize {
          let rest = start + length
          guard body(bytes[rest..<min(rest + limit, bytes.count)]) else { return false }
          next = start + 1
        }
        return true
      }
      if !goesOn { return }
    }
  }
}
