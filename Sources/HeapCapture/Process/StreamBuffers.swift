internal import ELF
internal import HeapGraph

/// The parts of C's stream buffers (`stdout` and others) that hold text still to be written or read.
///
/// The rest keeps what passed through before, or what the allocator gave away earlier. glibc's `libio/bits/types/
/// struct_FILE.h`; the list of all streams begins at `_IO_list_all`.
struct StreamBuffers {
  private static let list = "_IO_list_all"
  private static let readPosition: UInt64 = 8
  private static let readEnd: UInt64 = 16
  private static let writeBase: UInt64 = 32
  private static let writePosition: UInt64 = 40
  private static let bufferBase: UInt64 = 56
  private static let next: UInt64 = 104
  private static let mostStreams = 100_000

  /// Of each buffer that is a block: where it begins, and what is in use.
  private(set) var used: [UInt64: Range<UInt64>] = [:]

  init(images: ImageTable, reader: any MemoryReader) {
    guard let libc = images.entries.first(where: { $0.image.path.contains("/libc.so") }),
      let list = images.address(of: Self.list, in: libc)
    else { return }
    func word(_ address: UInt64) -> UInt64 { reader.load(address, as: UInt64.self) ?? 0 }
    var stream = word(list)
    var count = 0
    while stream >= leastValidPointer, count < Self.mostStreams {
      count += 1
      let base = word(stream &+ Self.bufferBase)
      let read = Self.part(word(stream &+ Self.readPosition), word(stream &+ Self.readEnd))
      let written = Self.part(word(stream &+ Self.writeBase), word(stream &+ Self.writePosition))
      if base >= leastValidPointer {
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
      stream = word(stream &+ Self.next)
    }
  }

  private static func part(_ start: UInt64, _ end: UInt64) -> Range<UInt64> {
    start < end ? start..<end : 0..<0
  }
}
