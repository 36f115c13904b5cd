internal import ELF
internal import HeapGraph

/// The parts of C's stream buffers (`stdout` and others) that hold text still to be written or read.
///
/// The rest keeps what passed through before, or what the allocator gave away earlier.
struct StreamBuffers {
  private typealias Stream = GlibcLayout.Stream
  private static let mostStreams = 100_000

  /// Of each buffer that is a block: where it begins, and what is in use.
  private(set) var used: [Address: Range<Address>] = [:]

  init(images: ImageTable, reader: any MemoryReader) {
    guard let libc = images.entries.first(where: { $0.image.path.contains("/libc.so") }),
      let list = images.address(of: Stream.list, in: libc)
    else { return }
    func pointer(_ address: Address) -> Address {
      reader.load(address, as: Address.self) ?? 0
    }
    var stream = pointer(list)
    var count = 0
    while stream >= MachineLayout.leastAddress, count < Self.mostStreams {
      count += 1
      let base = pointer(stream + Stream.bufferBase)
      let read = pointer(stream + Stream.readPosition)..<pointer(stream + Stream.readEnd)
      let written = pointer(stream + Stream.writeBase)..<pointer(stream + Stream.writePosition)
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
      stream = pointer(stream + Stream.next)
    }
  }
}
