extension ELFFile {
  /// Bytes that the loader maps and nothing changes afterwards.
  package struct Sample: Equatable, Sendable {
    /// In bytes from where the image begins in memory.
    package var offset: UInt64
    package var bytes: [UInt8]
  }

  /// What distinguishes this file from others of its name: its header, its program headers and its notes, which have the build
  /// identifier.
  package var identity: [Sample] {
    let headerSize = 64
    var samples = [Sample(offset: 0, bytes: bytes(in: 0..<headerSize))]
    for header in programHeaders where [Self.headerTable, Self.notes].contains(header.type) {
      guard header.fileSize <= Self.largestSample, header.address >= lowestAddress,
        let start = Int(exactly: header.offset), start <= Int.max - Int(header.fileSize)
      else { continue }
      let bytes = bytes(in: start..<start + Int(header.fileSize))
      samples.append(Sample(offset: header.address - lowestAddress, bytes: bytes))
    }
    return samples.filter { !$0.bytes.isEmpty }
  }

  // Types of program headers (elf(5)).
  private static let notes: UInt32 = 4
  private static let headerTable: UInt32 = 6
  private static let largestSample: UInt64 = 1 << 16
}
