internal import HeapGraph

/// Finds the block that an address lies in, in a handful of steps.
///
/// A two-level table by page narrows the search to the blocks of one page (at most 128), which are
/// then searched by halves: a few nanoseconds, where hashing or searching all blocks costs a hundred.
struct BlockIndex {
  private static let pageShift: UInt64 = 12
  private static let leafShift: UInt64 = 26
  private static let pagesPerLeaf = 1 << Int(leafShift - pageShift)

  private let addresses: [UInt64]
  private let sizes: [UInt64]
  /// For each 64 MiB of user space: where its pages begin in `firstBlocks`, or `noBlock`, or, where no block begins there
  /// and one reaches into it, `noBlock - 1` less that block's number.
  private var leaves: [Int32]
  private static let noBlock: Int32 = -1
  /// For each page of a leaf: the number of blocks that begin below the page; one more at the end.
  private var firstBlocks: [UInt32] = []
  private let lowest: UInt64
  private let highest: UInt64

  // The addresses must ascend.
  init(addresses: [UInt64], sizes: [UInt64]) {
    self.addresses = addresses
    self.sizes = sizes
    lowest = addresses.first ?? .max
    var end: Address = 0
    if let start = addresses.last, let size = sizes.last {
      end = Range(at: Address(start), size: max(size, 1)).upperBound
    }
    highest = min(end, MachineLayout.current.addressEnd).rawValue
    leaves = Array(
      repeating: Self.noBlock,
      count: 1 << Int(MachineLayout.current.addressBits - Self.leafShift)
    )
    var block = 0
    // A block that begins in one leaf can reach into later ones, which have no pages of their own: there may be a million.
    while block < addresses.count {
      let leaf = Int(addresses[block] >> Self.leafShift)
      // Nothing lies beyond the address space, whatever a damaged table says.
      guard leaf < leaves.count else { break }
      block = addLeaf(leaf, from: block)
      guard block > 0 else { break }
      let lastBlock = Range(at: Address(addresses[block - 1]), size: max(sizes[block - 1], 1))
      let lastByte = (lastBlock.upperBound - 1).rawValue
      var reached = leaf + 1
      while reached <= Int(lastByte >> Self.leafShift), reached < leaves.count {
        if block < addresses.count, Int(addresses[block] >> Self.leafShift) == reached { break }
        leaves[reached] = Self.noBlock - Int32(block)
        reached += 1
      }
    }
  }

  private mutating func addLeaf(_ leaf: Int, from first: Int) -> Int {
    leaves[leaf] = Int32(firstBlocks.count)
    var block = first
    let base = UInt64(leaf) << Self.leafShift
    for page in 0...Self.pagesPerLeaf {
      let start = base + UInt64(page) << Self.pageShift
      while block < addresses.count, addresses[block] < start { block += 1 }
      firstBlocks.append(UInt32(block))
    }
    return block
  }

  /// The block whose bytes include the address.
  func block(containing address: Address) -> NodeIndex? {
    let address = address.rawValue
    guard address >= lowest, address < highest else { return nil }
    let leaf = leaves[Int(address >> Self.leafShift)]
    guard leaf != Self.noBlock else { return nil }
    guard leaf >= 0 else { return contains(address, Int(Self.noBlock - leaf) - 1) }
    let page = Int((address >> Self.pageShift) & UInt64(Self.pagesPerLeaf - 1))
    let ofPage = Int(firstBlocks[Int(leaf) + page])..<Int(firstBlocks[Int(leaf) + page + 1])
    let candidate = addresses[ofPage].partitioningIndex { $0 > address } - 1
    return candidate >= 0 ? contains(address, candidate) : nil
  }

  private func contains(_ address: UInt64, _ block: Int) -> NodeIndex? {
    address &- addresses[block] < max(sizes[block], 1) ? NodeIndex(block) : nil
  }

  /// The block that begins at the address.
  func block(at address: Address) -> NodeIndex? {
    guard let block = block(containing: address), addresses[Int(block)] == address.rawValue else {
      return nil
    }
    return block
  }
}
