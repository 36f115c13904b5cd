internal import ELF

extension AllocationTable {
  /// Functions of allocators that give blocks, and that are recorded in images that were there when the program began.
  private static func givesBlocks(_ name: String) -> Bool {
    name == "mallocx" || name.hasPrefix("_Znw") || name.hasPrefix("_Zna")
  }

  /// The tables, with an allocator's free memory unknown where a library that was loaded later takes blocks that have no
  /// record: they would pass for free memory.
  func withCheckedFreeMemory(_ images: ImageTable, _ reader: any MemoryReader) -> AllocationTable {
    guard case .within(_, let lastImage) = freeMemory else { return self }
    var tables = self
    let isKnown = Self.dynamicSections(after: lastImage, reader)?.allSatisfy { section in
      guard let image = images.entry(containing: section) else { return false }
      return !images.symbols(of: image).dynamicNames().contains(where: Self.givesBlocks)
    }
    if isKnown != true { tables.freeMemory = .unknown }
    return tables
  }

  /// Of each image after one in the loader's list: where its dynamic section is; nil where the list can't be read.
  private static func dynamicSections(
    after image: Address,
    _ reader: any MemoryReader
  ) -> [Address]? {
    // `struct link_map` (<link.h>): load bias, name, dynamic section, next, previous.
    let (dynamicSection, next) = (16, 24)
    // A list that goes in circles is damaged.
    let limit = 65_536
    var sections: [Address] = []
    guard var image = reader.load(image + next, as: Address.self) else { return nil }
    while image != 0 {
      guard sections.count < limit,
        let section = reader.load(image + dynamicSection, as: Address.self),
        let following = reader.load(image + next, as: Address.self)
      else { return nil }
      sections.append(section)
      image = following
    }
    return sections
  }
}
