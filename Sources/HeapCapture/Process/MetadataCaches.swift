internal import HeapGraph

/// The blocks in which Swift's runtime keeps metadata and its tables of it.
///
/// They name types, never objects; the rest of such a block, which the runtime hasn't filled yet, keeps words of what the
/// allocator gave away before. `stdlib/public/runtime/Metadata.cpp` (`MetadataAllocator`), `Concurrent.h`.
enum MetadataCaches {
  private static let allocator = "_ZN5swift17MetadataAllocator8Allocate"
  private static let table = "25ConcurrentReadableHashMap"

  /// Where the blocks begin.
  static func addresses(_ tables: RecorderTables, _ images: ImageTable) -> Set<UInt64> {
    var matcher = StackMatcher(tables, images) { symbol, _ in
      symbol.hasPrefix(allocator) || (symbol.hasPrefix("_Z") && symbol.contains(table))
    }
    var addresses: Set<UInt64> = []
    for block in tables.blocks where block.stackID != 0 && matcher.matches(block.stackID) {
      addresses.insert(block.address)
    }
    return addresses
  }
}
