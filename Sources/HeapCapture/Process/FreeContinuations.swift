internal import ELF
internal import HeapGraph

/// The blocks that libdispatch keeps for its next work items, thread by thread.
///
/// They are free, though the allocator doesn't know, and still name the tasks and closures of the work
/// that they did.
///
/// libdispatch's `src/init.c`, `_dispatch_cache_cleanup`: a list in each thread's own storage. A block
/// that work waits in is named by a queue, never from there.
struct FreeContinuations {
  /// Where the blocks begin.
  private(set) var addresses: Set<UInt64> = []

  private static let allocator = "_dispatch_continuation_alloc_from_heap"
  private static let next: UInt64 = 16
  private static let mostInList = 100_000

  init(
    threadStorage: [Range<UInt64>],
    tables: RecorderTables,
    images: ImageTable,
    reader: any MemoryReader
  ) {
    var continuations = StackMatcher(tables, images) { symbol, image in
      symbol == Self.allocator && (image.contains("libdispatch") || !image.contains(".so"))
    }
    for range in threadStorage {
      WordReader(reader: reader).forEachWord(in: range) { _, word in
        var block = word
        var count = 0
        while count < Self.mostInList, !addresses.contains(block),
          let stack = tables.block(at: block)?.stackID, continuations.matches(stack)
        {
          addresses.insert(block)
          count += 1
          block = reader.load(block + Self.next, as: UInt64.self) ?? 0
        }
      }
    }
  }
}
