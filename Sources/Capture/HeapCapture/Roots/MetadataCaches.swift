internal import HeapGraph

/// The blocks in which Swift's runtime keeps metadata and its tables of it.
///
/// They name types, never objects; the rest of such a block, which the runtime hasn't filled yet, keeps words of what the
/// allocator gave away before. `stdlib/public/runtime/Metadata.cpp` (`MetadataAllocator`), `Concurrent.h`,
/// `ProtocolConformance.cpp`.
enum MetadataCaches {
  private static let allocator = "_ZN5swift17MetadataAllocator8Allocate"
  private static let table = "25ConcurrentReadableHashMap"

  /// Where those are part of the function that asks for metadata, which makes nothing else itself.
  private static let askers = [
    "swift_get", "_ZN16ConformanceState", "_ZN5swift4Lazy", "_ZZN5swift4Lazy",
    "_ZN5swift20LockingConcurrentMap", "_ZN5swift38StableAddressConcurrentReadableHashMap",
  ]
  private static let allocations = ["malloc", "calloc", "_Zn"]

  /// Where the blocks begin.
  static func addresses(_ tables: AllocationTable, _ images: ImageTable) -> Set<Address> {
    var owners = StackMatcher(tables, images) { symbol, _ in
      guard let symbol else { return false }
      return symbol.hasPrefix(allocator) || (symbol.hasPrefix("_Z") && symbol.contains(table))
    }
    var callers = StackMatcher(
      tables,
      images,
      isMeant: { symbol, _ in symbol.map { askers.contains(where: $0.hasPrefix) } ?? false },
      passingOver: { symbol, _ in symbol.map { allocations.contains(where: $0.hasPrefix) } ?? false
      }
    )
    var addresses: Set<Address> = []
    for block in tables.blocks where block.stackID != 0 {
      if owners.matches(block.stackID) || callers.matches(block.stackID) {
        addresses.insert(block.address)
      }
    }
    return addresses
  }
}
