import HeapGraph
import TestSupport
import Testing

@testable import HeapCapture

extension BlockIndex {
  // The tests compute with numbers, as the graph has them.
  @_disfavoredOverload
  fileprivate func block(containing number: UInt64) -> NodeIndex? {
    block(containing: Address(number))
  }

  @_disfavoredOverload
  fileprivate func block(at number: UInt64) -> NodeIndex? { block(at: Address(number)) }
}

@Suite struct BlockIndexTests {
  private static let base: UInt64 = 0x5555_0000_0000

  private func index(_ blocks: [(address: UInt64, size: UInt64)]) -> BlockIndex {
    BlockIndex(addresses: blocks.map(\.address), sizes: blocks.map(\.size))
  }

  @Test("An index without blocks finds none", arguments: [0, 1, base, 1 << 47, .max] as [UInt64])
  func empty(address: UInt64) {
    #expect(index([]).block(containing: address) == nil)
    #expect(index([]).block(at: address) == nil)
  }

  @Test("A block is found by its first byte and its last, not by the bytes beside it")
  func one() {
    let index = index([(Self.base, 40)])
    #expect(index.block(containing: Self.base - 1) == nil)
    #expect(index.block(containing: Self.base) == 0)
    #expect(index.block(containing: Self.base + 39) == 0)
    #expect(index.block(containing: Self.base + 40) == nil)
    #expect(index.block(at: Self.base) == 0)
    #expect(index.block(at: Self.base + 1) == nil)
  }

  @Test(
    "Addresses that no process has are in no block",
    arguments: [1 << 47, 1 << 63, .max] as [UInt64]
  )
  func beyond(address: UInt64) {
    let last = UInt64(1 << 47) - 16
    let index = index([(Self.base, 40), (last, 16)])
    #expect(index.block(containing: address) == nil)
    #expect(index.block(containing: last + 15) == 1)
  }

  @Test("Blocks that begin or end beyond the address space hide no others", arguments: [16, .max])
  func impossibleBlocks(size: UInt64) {
    let end = UInt64(1 << 47)
    let index = index([(Self.base, 16), (end - 16, size), (end, size), (.max - 7, size)])
    #expect(index.block(containing: Self.base + 8) == 0)
    #expect(index.block(containing: end - 1) == 1)
    #expect(index.block(containing: end) == nil)
    #expect(index.block(containing: UInt64.max - 7) == nil)
  }

  @Test("A block of no bytes has an address, wherever it is among the others")
  func zeroSized() {
    let index = index([(Self.base, 0), (Self.base + 32, 8), (Self.base + 64, 0)])
    #expect(index.block(containing: Self.base) == 0)
    #expect(index.block(containing: Self.base + 1) == nil)
    #expect(index.block(containing: Self.base + 64) == 2)
    #expect(index.block(containing: Self.base + 65) == nil)
  }

  @Test("Gaps between blocks are in none, also where blocks are pages and gigabytes apart")
  func gaps() {
    let blocks: [(address: UInt64, size: UInt64)] = [
      (Self.base, 16), (Self.base + 32, 16), (Self.base + 0x3000, 16),
      (Self.base + 0x8000_0000, 16),
    ]
    let index = index(blocks)
    for (number, block) in blocks.enumerated() {
      #expect(index.block(containing: block.address - 1) == nil)
      #expect(index.block(containing: block.address + 15) == NodeIndex(number))
      #expect(index.block(containing: block.address + 16) == nil)
    }
    #expect(index.block(containing: Self.base + 0x2000) == nil)
    #expect(index.block(containing: Self.base + 0x4000_0000) == nil)
  }

  @Test("A block that reaches over 64 MiB is found in each of them, and what follows it, too")
  func large() {
    let size: UInt64 = 1 << 30
    let index = index([(Self.base, size), (Self.base + size + 64, 16)])
    for offset in stride(from: 0, to: size, by: 16 << 20) {
      #expect(index.block(containing: Self.base + offset) == 0)
    }
    #expect(index.block(containing: Self.base + size - 1) == 0)
    #expect(index.block(containing: Self.base + size) == nil)
    #expect(index.block(containing: Self.base + size + 64) == 1)
  }

  @Test("A block that takes half of the address space costs neither memory nor time")
  func hugeSize() {
    let index = index([(0x10000, 1 << 46), (1 << 46 + 1 << 45, 16)])
    #expect(index.block(containing: 0x10000) == 0)
    #expect(index.block(containing: UInt64(1) << 45) == 0)
    #expect(index.block(containing: 0x10000 + (1 << 46) - 1) == 0)
    #expect(index.block(containing: 0x10000 + 1 << 46) == nil)
    #expect(index.block(containing: 1 << 46 + 1 << 45) == 1)
  }

  @Test("Sizes that reach into other blocks hide none of them")
  func overlapping() {
    let index = index([
      (Self.base, 1 << 40), (Self.base + 64, 16), (Self.base + 1 << 35, 16),
    ])
    #expect(index.block(containing: Self.base + 32) == 0)
    #expect(index.block(containing: Self.base + 64) == 1)
    #expect(index.block(containing: Self.base + 1 << 35) == 2)
  }

  @Test("It agrees with a search by halves on random heaps")
  func agreement() {
    for seed in UInt64(0)..<20 {
      var random = SplitMix64(state: seed)
      var graph = HeapGraph()
      var next = Self.base
      for _ in 0..<200 {
        next += UInt64.random(in: 0...3, using: &random) * 16
        if Int.random(in: 0..<20, using: &random) == 0 {
          next += UInt64.random(in: 0...1 << 28, using: &random) & ~15
        }
        let size =
          UInt64.random(in: 0...40, using: &random) << UInt64.random(in: 0...10, using: &random)
        graph.addresses.append(next)
        graph.sizes.append(size)
        next += max(16, (size + 15) & ~15)
      }
      let index = BlockIndex(addresses: graph.addresses, sizes: graph.sizes)
      for (start, size) in zip(graph.addresses, graph.sizes) {
        for address in [
          start - 1, start, start + size / 2, start + size - min(size, 1), start + size,
        ] {
          #expect(index.block(containing: address) == graph.node(containing: address))
        }
      }
    }
  }
}
