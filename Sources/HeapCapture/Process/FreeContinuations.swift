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
    // One symbol to find, and many stacks that could have it.
    var isAllocator: [UInt64: Bool] = [:]
    var isContinuation: [UInt32: Bool] = [:]
    func isContinuationStack(_ stack: UInt32) -> Bool {
      if let known = isContinuation[stack] { return known }
      // libc's and the recorder's own frames may come first.
      let answer = (tables.callStacks[stack] ?? []).prefix(4).contains { address in
        if let known = isAllocator[address] { return known }
        let isIt =
          images.entry(containing: address)?.image.path.contains("libdispatch") == true
          && images.symbol(containing: address &- 1)?.name == Self.allocator
        isAllocator[address] = isIt
        return isIt
      }
      isContinuation[stack] = answer
      return answer
    }
    for range in threadStorage {
      WordReader(reader: reader).forEachWord(in: range) { _, word in
        var block = word
        var count = 0
        while count < Self.mostInList, !addresses.contains(block),
          let stack = tables.block(at: block)?.stackID, isContinuationStack(stack)
        {
          addresses.insert(block)
          count += 1
          block = reader.load(block + Self.next, as: UInt64.self) ?? 0
        }
      }
    }
  }
}
