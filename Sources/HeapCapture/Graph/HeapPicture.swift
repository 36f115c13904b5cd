package import HeapGraph

/// Everything that is read of a stopped process, before any of it is interpreted.
package struct HeapPicture {
  package struct Block {
    package var address: UInt64
    package var size: UInt64
    package var stackID: UInt32
    package var birth: UInt32

    package init(address: UInt64, size: UInt64, stackID: UInt32, birth: UInt32) {
      self.address = address
      self.size = size
      self.stackID = stackID
      self.birth = birth
    }
  }

  /// Memory that no block covers and that may hold references.
  package struct RootRegion {
    package var root: Root
    package var range: Range<UInt64>

    package init(root: Root, range: Range<UInt64>) {
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

  /// In order of address.
  package var blocks: [Block] = []
  package var callStacks: [UInt32: [UInt64]] = [:]
  /// Of call stacks in a scope of the program's own: its number.
  package var scopes: [UInt32: UInt16] = [:]
  /// Where blocks begin that a library keeps for reuse: what they hold means nothing.
  package var freeBlocks: Set<UInt64> = []
  /// Of blocks of which only a part means anything, by where they begin: that part's addresses.
  package var partlyUsedBlocks: [UInt64: Range<UInt64>] = [:]
  package var images: [MappedImage] = []
  /// Mapped code, in order of address.
  package var executableRanges: [Range<UInt64>] = []
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
  package var unmappedParts: [(address: UInt64, bytes: [UInt8])]
  /// The lists of the image's types, where they are mapped.
  package var typeRecords: [Range<UInt64>]

  package init(
    image: LoadedImage,
    hasSwiftSections: Bool,
    lacksFieldRecords: Bool,
    unmappedParts: [(address: UInt64, bytes: [UInt8])],
    typeRecords: [Range<UInt64>] = []
  ) {
    self.image = image
    self.hasSwiftSections = hasSwiftSections
    self.lacksFieldRecords = lacksFieldRecords
    self.unmappedParts = unmappedParts
    self.typeRecords = typeRecords
  }
}
