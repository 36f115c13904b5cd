package import HeapGraph

/// What of a process at rest is a block, and what holds blocks: a snapshot, seen as a heap.
package struct HeapOutline {
  /// Memory that no block covers and that may hold references.
  package struct RootRegion {
    package var root: Root
    package var range: Range<Address>

    package init(root: Root, range: Range<Address>) {
      self.root = root
      self.range = range
    }
  }

  /// The words of a thread's registers.
  package struct Registers {
    package var root: Root
    package var words: [UInt64]

    package init(root: Root, words: [UInt64]) {
      self.root = root
      self.words = words
    }
  }

  package var allocations = AllocationTable()
  /// Where blocks begin that a library keeps for reuse: what they hold means nothing.
  package var freeBlocks: Set<Address> = []
  /// Of blocks of which only a part means anything, by where they begin: that part's addresses.
  package var partlyUsedBlocks: [Address: Range<Address>] = [:]
  package var images: [MappedImage] = []
  /// Nil where the process has no C blocks.
  package var blocks: BlockRuntime?
  /// Nil where the process has no libdispatch that is recognized.
  package var dispatch: DispatchReader?
  /// Mapped code, in order of address.
  package var executableRanges: [Range<Address>] = []
  package var rootRegions: [RootRegion] = []
  package var registers: [Registers] = []
  package var threads: [ThreadSnapshot] = []
  /// Types, without module and generic arguments, whose `init` or `deinit` is on a stack.
  package var unfinishedTypes: Set<String> = []
  /// What could hold blocks, and can't be read.
  package var hiddenHolders: [String] = []

  package init() {}
}

/// An image with what SwiftRemoteMirror wants to know of it.
package struct MappedImage {
  package var image: LoadedImage
  package var hasSwiftSections: Bool
  package var lacksFieldRecords: Bool
  /// Parts of the file that aren't mapped (section headers and their names), at the addresses where
  /// they would be.
  package var unmappedParts: [(address: Address, bytes: [UInt8])]
  /// The lists of the image's types, where they are mapped.
  package var typeRecords: [Range<Address>]

  package init(
    image: LoadedImage,
    hasSwiftSections: Bool,
    lacksFieldRecords: Bool,
    unmappedParts: [(address: Address, bytes: [UInt8])],
    typeRecords: [Range<Address>] = []
  ) {
    self.image = image
    self.hasSwiftSections = hasSwiftSections
    self.lacksFieldRecords = lacksFieldRecords
    self.unmappedParts = unmappedParts
    self.typeRecords = typeRecords
  }
}
