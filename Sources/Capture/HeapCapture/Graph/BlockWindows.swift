internal import Glibc

/// Reads the contents of many blocks with few system calls: neighbors come in one read.
struct BlockWindows {
  let reader: any MemoryReader
  /// Whose blocks they are.
  var allocator = AllocationTable.FreeMemory.ofGlibc

  /// Large enough to make the system call cheap, small enough to stay in the cache.
  private static let windowSize: UInt64 = 4 << 20
  /// Unmapped or foreign memory between two blocks isn't read when it is larger than this.
  private static let largestGap: UInt64 = 1 << 16

  private static let headerSize = GlibcLayout.Chunk.sizeWord

  private static var nothing: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// Calls `body` with every block's index and contents, in order; the contents are shorter than the
  /// block where memory can't be read, and longer where the allocator gave more than was asked for:
  /// arrays ask how much they got, and use it.
  ///
  /// Of a large block, `body` is also given the parts that hold anything but zeros; of other blocks,
  /// nil. No more than `limit` bytes of a large block are read.
  ///
  /// - Returns: How many bytes of the blocks could not be read.
  func forEachBlock(
    _ blocks: [AllocationTable.Block],
    limit: Int = .max,
    _ body: (Int, UnsafeRawBufferPointer, [Range<Int>]?) -> Void
  ) -> Int {
    var unreadable = 0
    func addUnreadable(_ bytes: Int) {
      // Damaged sizes can be more, together, than a number holds.
      let (sum, isBeyond) = unreadable.addingReportingOverflow(bytes)
      unreadable = isBeyond ? .max : sum
    }
    var buffer: [UInt8] = []
    var first = 0
    while first < blocks.count {
      if blocks[first].size > Self.windowSize {
        addUnreadable(readLargeBlock(blocks[first], limit: limit) { body(first, $0, $1) })
        first += 1
        continue
      }
      let start = blocks[first].address - Self.headerSize
      guard start < blocks[first].address else {
        addUnreadable(Int(clamping: blocks[first].size))
        body(first, Self.nothing, nil)
        first += 1
        continue
      }
      var end = blocks[first].range.upperBound + largestSlack(of: blocks[first])
      var last = first + 1
      while last < blocks.count, blocks[last].address < end + Self.largestGap,
        (start..<blocks[last].range.upperBound).size <= Self.windowSize
      {
        // Where records are damaged, a block may reach over those that follow it.
        end = max(end, blocks[last].range.upperBound + largestSlack(of: blocks[last]))
        last += 1
      }
      let count = (start..<end).count
      if buffer.count < count {
        // What isn't read into isn't looked at: megabytes of zeros would take as long as reading them.
        buffer = [UInt8](unsafeUninitializedCapacity: max(count, 1 << 20)) { $1 = $0.count }
      }
      buffer.withUnsafeMutableBytes { bytes in
        let readable = reader.read(
          start,
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        )
        for index in first..<last {
          let offset = (start..<blocks[index].address).count
          let size = usableSize(
            of: blocks[index],
            before: index + 1 < blocks.count ? blocks[index + 1].address : nil,
            header: offset - 8 < readable
              ? bytes.loadUnaligned(fromByteOffset: offset - 8, as: UInt64.self) : 0
          )
          // At the end of the address space, where no program has memory, the window wraps around.
          guard offset + size <= count else {
            addUnreadable(size)
            body(index, Self.nothing, nil)
            continue
          }
          var contents = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + size])
          if offset + size > readable {
            // A hole in the window: this block may still be readable by itself.
            let own = reader.read(blocks[index].address, into: contents)
            addUnreadable(max(0, Int(blocks[index].size) - own))
            contents = UnsafeMutableRawBufferPointer(rebasing: contents[..<own])
          }
          body(index, UnsafeRawBufferPointer(contents), nil)
        }
      }
      first = last
    }
    return unreadable
  }

  /// A program may reserve gigabytes and use a few pages of them: only those are read, into memory
  /// that for the rest is never touched either.
  ///
  /// - Returns: How many bytes could not be read.
  private func readLargeBlock(
    _ block: AllocationTable.Block,
    limit: Int,
    _ body: (UnsafeRawBufferPointer, [Range<Int>]) -> Void
  ) -> Int {
    let header = reader.load(block.address - Self.headerSize, as: UInt64.self) ?? 0
    let size = min(usableSize(of: block, before: nil, header: header), limit)
    // Reserved, too: `calloc` is refused what is larger than the machine.
    let memory = mmap(
      nil,
      max(size, 1),
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
      -1,
      0
    )
    guard let memory, memory != MAP_FAILED else {
      body(Self.nothing, [])
      return size
    }
    defer { munmap(memory, max(size, 1)) }
    let contents = UnsafeMutableRawBufferPointer(start: memory, count: size)
    var parts: [Range<Int>] = []
    var unreadable = 0
    let whole = Range(at: block.address, size: UInt64(size))
    for part in reader.writtenParts(of: whole) {
      // Not more than there is room for, whatever the reader says.
      let part = part.clamped(to: whole)
      var start = part.lowerBound
      while start < part.upperBound {
        let offset = (block.address..<start).count
        let wanted = (start..<part.upperBound).count
        let got = reader.read(
          start,
          into: UnsafeMutableRawBufferPointer(rebasing: contents[offset..<offset + wanted])
        )
        parts.append(offset..<offset + got)
        if got == wanted { break }
        // The program may have protected a page in the middle.
        let next = (start + got).alignedDown(to: MachineLayout.pageSize) + MachineLayout.pageSize
        unreadable += (start..<min(next, part.upperBound)).count - got
        guard next > start else { break }
        start = next
      }
    }
    body(UnsafeRawBufferPointer(contents), parts)
    return unreadable
  }

  /// At most how many bytes the allocator gave more than were asked for.
  private func largestSlack(of block: AllocationTable.Block) -> UInt64 {
    switch allocator {
    // A mapped chunk is rounded up to pages, others to 16 bytes.
    case .ofGlibc: MachineLayout.pageSize
    case .within: JemallocLayout.usableSize(forRequest: block.size) - block.size
    // Size classes are at most a quarter apart.
    case .unknown: max(block.size, 32) / 4 + 16
    }
  }

  /// What the allocator says it gave, where it does and that is believable.
  private func usableSize(
    of block: AllocationTable.Block,
    before next: Address?,
    header: UInt64
  ) -> Int {
    let usable =
      switch allocator {
      case .ofGlibc: GlibcLayout.Chunk.usableSize(header)
      case .within: JemallocLayout.usableSize(forRequest: block.size)
      // What has elements says how many: no more than these are taken for one.
      case .unknown:
        min(
          block.size &+ largestSlack(of: block),
          next.flatMap { block.address.distance(to: $0) } ?? .max
        )
      }
    guard usable >= block.size, usable - block.size <= largestSlack(of: block) else {
      return Int(clamping: block.size)
    }
    return Int(clamping: usable)
  }
}
