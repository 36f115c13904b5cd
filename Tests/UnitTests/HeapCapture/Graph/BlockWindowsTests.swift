import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct BlockWindowsTests {
  private func sizes(_ blocks: [(address: Address, size: UInt64)], in memory: FakeMemory) -> [Int] {
    var sizes: [Int] = []
    _ = BlockWindows(reader: memory).forEachBlock(
      blocks.map { AllocationTable.Block(address: $0.address, size: $0.size, stackID: 0, birth: 0) }
    ) { _, contents, _ in sizes.append(contents.count) }
    return sizes
  }

  @Test("Neighbours are read with what the allocator gave them")
  func neighbours() {
    var memory = FakeMemory()
    memory.write(0x21, 1, 2, 3, 0x21, 4, 5, 0, at: 0x1_0008)
    #expect(sizes([(0x1_0010, 20), (0x1_0030, 16)], in: memory) == [24, 24])
  }

  @Test("What another allocator may have given beyond a size is read, up to the next block")
  func otherAllocators() {
    var memory = FakeMemory()
    memory.reserve(0x1_0000..<0x2_0000)
    let blocks: [AllocationTable.Block] = [
      .init(address: 0x1_0000, size: 20, stackID: 0, birth: 0),
      .init(address: 0x1_0020, size: 40, stackID: 0, birth: 0),
      .init(address: 0x1_4000, size: 8193, stackID: 0, birth: 0),
    ]
    func sizes(_ allocator: AllocationTable.FreeMemory) -> [Int] {
      var sizes: [Int] = []
      _ = BlockWindows(reader: memory, allocator: allocator).forEachBlock(blocks) {
        _,
        contents,
        _ in sizes.append(contents.count)
      }
      return sizes
    }
    #expect(sizes(.within([], lastImage: 0)) == [32, 48, 10240])
    #expect(sizes(.unknown) == [32, 66, 10257])
  }

  @Test("A size that reaches over other blocks is read no further than its own bytes")
  func overlapping() {
    var memory = FakeMemory()
    memory.reserve(0x1_0000..<0x40_0000)
    // Larger than the window that the blocks in it need.
    #expect(
      sizes([(0x1_0010, 3 << 20), (0x1_0040, 16), (0x1_0060, 16)], in: memory)
        == [3 << 20, 16, 16]
    )
  }

  @Test("Blocks that reach over an end of the address space, or have all of it, have no contents")
  func ends() {
    var memory = FakeMemory()
    memory.reserve(0..<0x1000)
    memory.reserve(0xffff_ffff_ffff_f000 ..< .max)
    #expect(sizes([(0, 16), (8, 16), (0x100, 16)], in: memory) == [0, 16, 16])
    #expect(sizes([(.max - 63, 16), (.max - 31, 64), (.max, 8)], in: memory) == [0, 0, 0])
    // More than can be set aside.
    #expect(sizes([(0x1_0010, .max), (.max - 7, .max)], in: memory) == [0, 0])
  }

  @Test("Unreadable blocks have no contents")
  func unreadable() {
    #expect(sizes([(0x1_0010, 64)], in: FakeMemory()) == [0])
  }
}
