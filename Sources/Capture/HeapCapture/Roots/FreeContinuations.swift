internal import HeapGraph

/// The blocks that libdispatch keeps for its next work items, thread by thread.
///
/// They are free, though the allocator doesn't know, and still name the tasks and closures of the work
/// that they did.
///
/// libdispatch's `src/init.c`, `_dispatch_cache_cleanup`: a list in each thread's own storage. A block
/// that work waits in is named by a queue, never from there. Each has the number of blocks in its part of the list
/// (`dc_cache_cnt`), so they are recognized in programs without symbols, too.
struct FreeContinuations {
  /// Where the blocks begin.
  private(set) var addresses: Set<Address> = []

  private typealias Continuation = DispatchLayout.Continuation
  private static let mostInList: UInt32 = 100_000

  init(
    threadStorage: [Range<Address>],
    tables: AllocationTable,
    reader: any MemoryReader
  ) {
    func count(_ block: Address) -> UInt32 {
      reader.load(block + Continuation.count, as: UInt32.self) ?? 0
    }
    for range in threadStorage {
      WordReader(reader: reader).forEachWord(in: range) { _, word in
        let first = Address(word)
        guard tables.block(at: first) != nil else { return }
        var left = count(first)
        guard (1...Self.mostInList).contains(left) else { return }
        var list: [Address] = []
        var block = first
        while left > 0, tables.block(at: block) != nil, count(block) == left {
          list.append(block)
          left -= 1
          block = reader.load(block + Continuation.next, as: Address.self) ?? 0
        }
        // Whole, or it is something else.
        if left == 0, block == 0 { addresses.formUnion(list) }
      }
    }
  }
}
