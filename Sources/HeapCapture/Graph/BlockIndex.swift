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
  /// For each 64 MiB of user space: where its pages begin in `firstBlocks`, or -1.
  private var leaves: [Int32]
  /// For each page of a leaf: the number of blocks that begin below the page; one more at the end.
  private var firstBlocks: [UInt32] = []
  private let lowest: UInt64
  private let highest: UInt64

  // The addresses must ascend.
  init(addresses: [UInt64], sizes: [UInt64]) {
    self.addresses = addresses
    self.sizes = sizes
    lowest = addresses.first ?? .max
    highest = addresses.indices.last.map { addresses[$0] + sizes[$0] } ?? 0
    leaves = Array(
      repeating: -1,
      count: 1 << Int(MachineLayout.current.addressBits - Self.leafShift)
    )
    var block = 0
    // A block that begins in one leaf can reach into later ones, so those need a leaf, too.
    while block < addresses.count {
      let leaf = Int(addresses[block] >> Self.leafShift)
      block = addLeaf(leaf, from: block)
      guard block > 0 else { break }
      let lastByte = addresses[block - 1] + max(sizes[block - 1], 1) - 1
      var reached = leaf + 1
      while reached <= Int(lastByte >> Self.leafShift), reached < leaves.count {
        if block < addresses.count, Int(addresses[block] >> Self.leafShift) == reached { break }
        _ = addLeaf(reached, from: block)
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
  func block(containing address: UInt64) -> NodeIndex? {
    guard address >= lowest, address < highest else { return nil }
    let leaf = leaves[Int(address >> Self.leafShift)]
    guard leaf >= 0 else { return nil }
    let page = Int((address >> Self.pageShift) & UInt64(Self.pagesPerLeaf - 1))
    let ofPage = Int(firstBlocks[Int(leaf) + page])..<Int(firstBlocks[Int(leaf) + page + 1])
    let candidate = addresses[ofPage].partitioningIndex { $0 > address } - 1
    guard candidate >= 0 else { return nil }
    return address - addresses[candidate] < max(sizes[candidate], 1) ? NodeIndex(candidate) : nil
  }

  /// The block that begins at the address.
  func block(at address: UInt64) -> NodeIndex? {
    guard let block = block(containing: address), addresses[Int(block)] == address else {
      return nil
    }
    return block
  }
}
