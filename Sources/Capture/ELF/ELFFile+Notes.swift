extension ELFFile {
  private static let note: UInt32 = 4
  private static let buildIDNote: UInt32 = 3
  /// Bytes of notes that are read: a linker writes some hundred.
  private static let mostNotes: UInt64 = 1 << 20

  /// The GNU build identifier in lower-case hexadecimal; nil where the file has none.
  package var buildID: String? {
    if let section = section(named: ".note.gnu.build-id"), section.size <= Self.mostNotes,
      let notes = contents.bytes(of: section)
    {
      return Self.buildID(inNotes: ByteReader(bytes: notes))
    }
    // Without a section table: the notes that the loader maps.
    return programHeaders.lazy.filter { $0.type == Self.note && $0.fileSize <= Self.mostNotes }
      .compactMap { header in
        contents.bytes(offset: header.offset, size: header.fileSize).flatMap {
          Self.buildID(inNotes: ByteReader(bytes: $0))
        }
      }.first
  }

  /// Notes are the sizes of name and description, a type, the name ("GNU\0") and the description,
  /// the last two each padded to words of four bytes.
  private static func buildID(inNotes notes: ByteReader) -> String? {
    var start = 0
    // The sizes have 32 bits: no sum of them overflows.
    while let nameSize = notes.load(start, UInt32.self).map(Int.init),
      let size = notes.load(start + 4, UInt32.self).map(Int.init),
      let type = notes.load(start + 8, UInt32.self)
    {
      let name = start + 12
      let description = name + (nameSize + 3) & ~3
      let end = description + size
      guard end <= notes.bytes.count else { return nil }
      if type == buildIDNote, nameSize == 4, notes.string(at: name, limit: 4) == "GNU",
        (1...64).contains(size)
      {
        return notes.bytes[description..<end].map { byte in
          let digits = String(byte, radix: 16)
          return digits.count == 1 ? "0" + digits : digits
        }.joined()
      }
      start = description + (size + 3) & ~3
    }
    return nil
  }
}
