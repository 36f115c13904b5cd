internal import ELF
internal import HeapGraph

/// The parts of C's stream buffers (`stdout` and others) that hold text still to be written or read.
///
/// The rest keeps what passed through before, or what the allocator gave away earlier.
struct StreamBuffers {
  private typealias Stream = GlibcLayout.Stream
  private static let mostStreams = 100_000

  /// Of each buffer that is a block: where it begins, and what is in use.
  private(set) var used: [UInt64: Range<UInt64>] = [:]

  init(images: ImageTable, reader: any MemoryReader) {
    guard let libc = images.entries.first(where: { $0.image.path.contains("/libc.so") }),
      let list = images.address(of: Stream.list, in: libc)
    else { return }
    func word(_ address: UInt64) -> UInt64 { reader.load(address, as: UInt64.self) ?? 0 }
    var stream = word(list)
    var count = 0
    while stream >= MachineLayout.leastAddress, count < Self.mostStreams {
      count += 1
      let base = word(stream &+ Stream.bufferBase)
      let read = Self.part(word(stream &+ Stream.readPosition), word(stream &+ Stream.readEnd))
      let written = Self.part(
        word(stream &+ Stream.writeBase),
        word(stream &+ Stream.writePosition)
      )
      if base >= MachineLayout.leastAddress {
        used[base] =
          read.isEmpty
          ? written
          : written.isEmpty
            ? read
            : min(
              read.lowerBound,
              written.lowerBound
            )..<max(read.upperBound, written.upperBound)
      }
      stream = word(stream &+ Stream.next)
    }
  }

  private static func part(_ start: UInt64, _ end: UInt64) -> Range<UInt64> {
    start < end ? start..<end : 0..<0
  }
}
