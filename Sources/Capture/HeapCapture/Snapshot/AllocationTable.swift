internal import HeapGraph

/// The live blocks of a process, and what is known of each, wherever that was recorded.
package struct AllocationTable: Sendable {
  package struct Block: Sendable, Equatable {
    package var address: Address
    /// Bytes that were asked for.
    package var size: UInt64
    /// Key into `callStacks`; 0 where no stack was recorded.
    package var stackID: UInt32
    /// When the block was allocated, on the recorder's clock, which goes on from one snapshot of a process to the next.
    package var birth: UInt64

    package init(address: Address, size: UInt64, stackID: UInt32, birth: UInt64) {
      self.address = address
      self.size = size
      self.stackID = stackID
      self.birth = birth
    }

    var range: Range<Address> { Range(at: address, size: size) }
  }

  /// Which memory of the allocator is free where no block covers it, so that its words mean nothing.
  package enum FreeMemory: Sendable, Equatable {
    /// All of glibc's heaps.
    case ofGlibc
    /// What another allocator has mapped, as long as no image after `lastImage`, a `link_map` of the loader, calls functions
    /// of it that aren't recorded.
    case within([Range<Address>], lastImage: Address)
    /// Only blocks with a record are known to be live, and what lies beside them may be, too.
    case unknown
  }

  /// In order of address.
  package var blocks: [Block] = []
  /// Return addresses, innermost first.
  package var callStacks: [UInt32: [UInt64]] = [:]
  /// Of call stacks in a scope: its number.
  package var scopes: [UInt32: UInt16] = [:]
  /// Memory of the recorder itself.
  package var ownRanges: [Range<Address>] = []
  /// What glibc's secondary arenas take of the address space.
  package var arenas: [Range<Address>] = []
  /// Live blocks that the recorder had no memory to keep a record of.
  package var lostBlocks: UInt64 = 0
  package var lostStacks: UInt64 = 0
  /// How many frames the latest call stacks have; nil where it is as many as was asked for.
  package var shortenedDepth: Int?
  package var freeMemory = FreeMemory.ofGlibc
  /// Checks of the program's own tests that could not be decided.
  package var undecided = UndecidedChecks()
  /// The recorder's own functions.
  package var code: Range<Address> = 0..<0

  package init() {}

  /// The block that begins at an address.
  ///
  /// Complexity: O(log n).
  func block(at address: Address) -> Block? {
    let index = blocks.partitioningIndex { $0.address >= address }
    return index < blocks.count && blocks[index].address == address ? blocks[index] : nil
  }

  /// Of each block, in their order: how many are older, those of the same moment left out.
  ///
  /// Complexity: O(n log n).
  func ranksOfBirth() -> [UInt32] {
    var ranks = [UInt32](repeating: 0, count: blocks.count)
    var rank: UInt32 = 0
    var previous: UInt64?
    for index in blocks.indices.sorted(by: { blocks[$0].birth < blocks[$1].birth }) {
      if blocks[index].birth != previous { rank += 1 }
      previous = blocks[index].birth
      ranks[index] = rank
    }
    return ranks
  }
}

/// Checks of a program's own tests that could not be decided: how many, and where the first of them are.
package struct UndecidedChecks: Sendable {
  package var count = 0
  package var places: [String] = []
}
