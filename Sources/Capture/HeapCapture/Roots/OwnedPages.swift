internal import ELF
internal import HeapGraph

/// The pages that an allocator other than glibc's manages: what no block covers of them is free, and its words are stale.
///
/// A page with a live block in anonymous memory was mapped by whoever gave the block, and by nobody else. Pages whose
/// blocks are all free aren't known: what lies in them counts, and may hide a leak. glibc's heap and arenas are known as
/// a whole.
struct OwnedPages {
  /// In order of address.
  private let pages: [Range<Address>]

  var isEmpty: Bool { pages.isEmpty }

  /// Functions of allocators that give blocks without a record of them: such a block may share a page with others.
  private static let unrecorded: Set<String> = [
    "mallocx", "rallocx", "je_malloc", "je_calloc", "je_mallocx", "mi_malloc", "mi_calloc",
    "mi_zalloc", "mi_realloc", "mi_heap_malloc", "mi_heap_calloc", "mi_heap_zalloc", "mi_new",
    "tc_malloc", "tc_calloc", "tc_realloc", "tc_new", "scalable_malloc", "scalable_calloc",
  ]

  init(_ tables: AllocationTable, _ images: ImageTable) {
    if tables.allocatorIsGlibc || Self.usesUnrecorded(images) {
      pages = []
      return
    }
    let page = MachineLayout.pageSize
    var pages: [Range<Address>] = []
    for block in tables.blocks {
      let end = Range(at: block.address, size: max(block.size, 1)).upperBound
      let range = block.address.alignedDown(to: page)..<end.alignedUp(to: page)
      if let last = pages.last, range.lowerBound <= last.upperBound {
        pages[pages.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        pages.append(range)
      }
    }
    self.pages = pages
  }

  private static func usesUnrecorded(_ images: ImageTable) -> Bool {
    images.entries.contains { entry in
      let symbols = images.symbols(of: entry)
      return symbols.dynamicNames().contains {
        // The allocator's own library has them, too.
        unrecorded.contains($0) && symbols.address(of: $0) == nil
      }
    }
  }

  /// What is left of a part of anonymous memory.
  ///
  /// Complexity: O(log n) and the number of pages within.
  func removed(from range: Range<Address>) -> [Range<Address>] {
    let first = pages.partitioningIndex { $0.upperBound > range.lowerBound }
    return range.subtracting(
      Array(pages[first...].prefix { $0.lowerBound < range.upperBound })
    )
  }
}
