internal import CRecorderFormat
internal import HeapGraph

/// Checks of a program's own tests that could not be decided: how many, and where the first of them are.
package struct UndecidedChecks: Sendable {
  package var count = 0
  package var places: [String] = []
}

/// The recorder's tables, read out of the stopped program's memory.
package struct RecorderTables {
  /// In order of address.
  package private(set) var blocks: [HeapPicture.Block] = []
  package private(set) var callStacks: [UInt32: [UInt64]] = [:]
  /// Of call stacks in a scope: its number.
  package private(set) var scopes: [UInt32: UInt16] = [:]
  /// Memory of the recorder itself.
  package private(set) var ownRanges: [Range<UInt64>] = []
  /// What glibc's secondary arenas take of the address space.
  package private(set) var arenas: [Range<UInt64>] = []
  /// Live blocks that the recorder had no memory to keep a record of.
  package private(set) var lostBlocks: UInt64 = 0
  package private(set) var lostStacks: UInt64 = 0
  /// How many frames the latest call stacks have; nil where it is as many as was asked for.
  package private(set) var shortenedDepth: Int?
  /// Whether what no block covers of glibc's heap is free.
  package private(set) var allocatorIsGlibc = true
  /// Checks of the program's own tests that could not be decided.
  package private(set) var undecided = UndecidedChecks()
  /// The recorder's own functions.
  package private(set) var code: Range<UInt64> = 0..<0

  private var orders: [UInt64] = []
  private let reader: any MemoryReader
  /// Pages that were never written hold nothing: reading them would only make them real.
  private let presentRuns: (Range<UInt64>) -> [Range<UInt64>]

  package init(
    at address: UInt64,
    of process: Int32,
    reader: any MemoryReader
  ) throws(CaptureError) {
    let presence = PagePresence(process: process)
    try self.init(at: address, reader: reader, presentRuns: presence.runs)
  }

  /// `presentRuns` gives the runs of pages of a range that were ever written, in order.
  init(
    at address: UInt64,
    reader: any MemoryReader,
    presentRuns: @escaping (Range<UInt64>) -> [Range<UInt64>]
  ) throws(CaptureError) {
    self.reader = reader
    self.presentRuns = presentRuns
    guard let state = reader.load(address, as: RecorderState.self),
      state.magic == REMNANT_CONTROL_MAGIC, state.version == REMNANT_CONTROL_VERSION
    else {
      throw CaptureError(
        .recorderTables,
        message: "the recorder's tables are not where it said",
        remedy: "the recorder and the command must come from the same build"
      )
    }
    lostBlocks = state.lostBlocks
    lostStacks = state.lostStacks
    if state.shortestDepth < state.depth { shortenedDepth = Int(state.shortestDepth) }
    if state.codeStart < state.codeEnd { code = state.codeStart..<state.codeEnd }
    allocatorIsGlibc = state.allocatorIsGlibc != 0
    undecided.count = Int(state.undecided)
    if undecided.count > 0 {
      undecided.places = undecidedPlaces(ofStateAt: address)
    }
    try check(state.leaves, Self.rootEntries * 8, "the table of blocks")
    try check(state.arenas, Self.rootEntries, "the table of arenas")
    try check(state.stackChunks, Int(REMNANT_STACK_CHUNKS) * 8, "the table of call stacks")
    try check(state.ownRanges, Int(REMNANT_OWN_RANGES) * 16, "the list of its memory")
    try readOwnRanges(state.ownRanges)
    readArenas(state.arenas)
    try readLeaves(state.leaves)
    rankBirths()
    try readStacks(state.stackChunks)
  }

  /// Where the checks are that could not be decided, as far as there is room for them.
  private func undecidedPlaces(ofStateAt state: UInt64) -> [String] {
    guard let offset = MemoryLayout<remnant_recorder_state>.offset(of: \.undecided_places) else {
      preconditionFailure("a stored field of a C structure has an offset")
    }
    let start = state + UInt64(offset)
    let size = Int(REMNANT_UNDECIDED_PLACE_SIZE)
    return (0..<Int(REMNANT_UNDECIDED_PLACES)).compactMap { index in
      let bytes = reader.bytes(start + UInt64(index * size), count: size) ?? []
      let place = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return place.isEmpty ? nil : place
    }
  }

  // MARK: Damage

  /// User space has 47 bits.
  private static let addressEnd = UInt64(1) << 47

  /// The program's own memory is what it makes of it: nothing in it is believed that can't be.
  private func check(_ address: UInt64, _ size: Int, _ what: String) throws(CaptureError) {
    guard address % 8 == 0, address < Self.addressEnd,
      UInt64(size) <= Self.addressEnd - address,
      reader.load(address, as: UInt64.self) != nil,
      reader.load(address + UInt64(size - 8), as: UInt64.self) != nil
    else { throw Self.damaged(what) }
  }

  private static func damaged(_ what: String) -> CaptureError {
    CaptureError(
      .recorderTables,
      message: "the recorder's tables in the program are damaged: \(what)",
      remedy: "the program writes where it shouldn't: look for that with an address sanitizer"
    )
  }

  /// The same bytes as `remnant_recorder_state`; imported C structures aren't `BitwiseCopyable`.
  private struct RecorderState: BitwiseCopyable {
    var magic: UInt64
    var version: UInt32
    var depth: UInt32
    var leaves: UInt64
    var arenas: UInt64
    var stackChunks: UInt64
    var ownRanges: UInt64
    var lostBlocks: UInt64
    var lostStacks: UInt64
    var codeStart: UInt64
    var codeEnd: UInt64
    var shortestDepth: UInt32
    var standing: UInt32
    var allocatorIsGlibc: UInt32
    var undecided: UInt32
  }

  /// Tells of memory that is no more the program's than the recorder's is.
  mutating func addOwnRange(_ range: Range<UInt64>) { ownRanges.append(range) }

  /// The block that begins at an address.
  ///
  /// Complexity: O(log n).
  func block(at address: UInt64) -> HeapPicture.Block? {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low < blocks.count && blocks[low].address == address ? blocks[low] : nil
  }

  private static let rootEntries = 1 << (47 - REMNANT_LEAF_SHIFT)
  private static let granule = UInt64(1) << UInt64(REMNANT_GRANULE_SHIFT)
  private static let leafEntries = 1 << (REMNANT_LEAF_SHIFT - REMNANT_GRANULE_SHIFT)
  private static let recordSize = 12

  private mutating func readOwnRanges(_ address: UInt64) throws(CaptureError) {
    // A part at a time: the list is long, and mostly empty.
    let part = 256
    for first in stride(from: 0, to: Int(REMNANT_OWN_RANGES), by: part) {
      guard let bytes = reader.bytes(address + UInt64(first * 16), count: part * 16) else { return }
      let isAtEnd = bytes.withUnsafeBytes { bytes in
        for index in 0..<part {
          let start = bytes.load(fromByteOffset: index * 16, as: UInt64.self)
          let end = bytes.load(fromByteOffset: index * 16 + 8, as: UInt64.self)
          if start == 0 { return true }
          if start < end { ownRanges.append(start..<end) }
        }
        return false
      }
      if isAtEnd { break }
    }
    guard ownRanges.allSatisfy({ $0.upperBound <= Self.addressEnd }) else {
      throw Self.damaged("the list of its memory")
    }
  }

  /// Where blocks of an arena have been: glibc gives a part back that is empty, and a thread's stack may be there since.
  private mutating func readArenas(_ address: UInt64) {
    var starts: Set<UInt64> = []
    forEachPresentPage(address, count: Self.rootEntries) { offset, bytes in
      for index in bytes.indices where bytes[index] != 0 {
        starts.insert(UInt64(offset + index) << UInt64(REMNANT_LEAF_SHIFT))
      }
    }
    for start in starts.sorted() {
      guard let part = reader.load(start, as: ArenaPart.self),
        starts.contains(part.arena & ~(ArenaPart.alignment - 1)),
        part.previous == 0 || starts.contains(part.previous),
        part.size <= part.accessibleSize, part.accessibleSize <= ArenaPart.alignment,
        part.size > 0, part.accessibleSize % 4096 == 0
      else { continue }
      arenas.append(start..<start + part.accessibleSize)
    }
  }

  /// glibc 2.36, malloc/arena.c, `heap_info`: how each 64 MiB of an arena begin.
  private struct ArenaPart: BitwiseCopyable {
    var arena: UInt64
    var previous: UInt64
    var size: UInt64
    /// Of which the program can read and write this much; what follows is only reserved.
    var accessibleSize: UInt64

    static let alignment = UInt64(1) << UInt64(REMNANT_LEAF_SHIFT)
  }

  private mutating func readLeaves(_ address: UInt64) throws(CaptureError) {
    var leaves: [(index: Int, address: UInt64)] = []
    forEachPresentPage(address, count: Self.rootEntries * 8) { offset, bytes in
      for word in stride(from: 0, to: bytes.count & ~7, by: 8) {
        let leaf = bytes.loadUnaligned(fromByteOffset: word, as: UInt64.self)
        if leaf != 0 { leaves.append(((offset + word) / 8, leaf)) }
      }
    }
    let size = UInt64(Self.leafEntries * Self.recordSize)
    var end: UInt64 = 0
    for leaf in leaves.map(\.address).sorted() {
      guard leaf % 4096 == 0, leaf >= end, leaf < Self.addressEnd - size else {
        throw Self.damaged("the table of blocks")
      }
      end = leaf + size
    }
    for leaf in leaves { readLeaf(leaf.index, at: leaf.address) }
    // It has recorded its own start. Nothing lies in the first page.
    guard let first = blocks.first, first.address >= leastValidPointer,
      let last = blocks.last, last.address < Self.addressEnd,
      blocks.allSatisfy({ $0.size <= Self.addressEnd - $0.address })
    else { throw Self.damaged("the table of blocks") }
  }

  private mutating func readLeaf(_ index: Int, at address: UInt64) {
    let base = UInt64(index) << UInt64(REMNANT_LEAF_SHIFT)
    let size = Self.leafEntries * Self.recordSize
    // Entries straddle pages, so what is read must be whole runs of pages.
    for run in presentRuns(address..<address + UInt64(size)) {
      // The first and the last entry of a run may lie half outside: those halves were never written.
      let first = Int(run.lowerBound - address) / Self.recordSize
      let last = min(
        (Int(run.upperBound - address) + Self.recordSize - 1) / Self.recordSize,
        Self.leafEntries
      )
      let start = address + UInt64(first * Self.recordSize)
      guard let bytes = reader.bytes(start, count: (last - first) * Self.recordSize) else {
        continue
      }
      bytes.withUnsafeBytes { bytes in
        for entry in 0..<last - first {
          let offset = entry * Self.recordSize
          let key =
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) & ~REMNANT_MOVING
          if key == 0 { continue }
          let granule = base + UInt64(first + entry) * Self.granule
          let address = granule + UInt64(key & 1) * 16
          // Two runs can share an entry that straddles them.
          if blocks.last?.address == address { continue }
          let low = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
          let high = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)
          let size = high & REMNANT_SIZE_LIMIT
          orders.append(UInt64(high >> UInt32(REMNANT_SIZE_BITS)) << 32 | UInt64(low))
          blocks.append(
            HeapPicture.Block(
              address: address,
              size: size == REMNANT_SIZE_LIMIT
                ? largeSize(after: start + UInt64(offset)) : UInt64(size),
              stackID: key >> 1,
              birth: 0
            )
          )
        }
      }
    }
  }

  /// The size of a block that is too large for its record: the next one has it.
  private func largeSize(after record: UInt64) -> UInt64 {
    reader.load(record + UInt64(Self.recordSize) + 4, as: UInt64.self)
      ?? UInt64(REMNANT_SIZE_LIMIT)
  }

  /// Only the order of births matters, and 32 bits hold that.
  private mutating func rankBirths() {
    let sorted = orders.indices.sorted { orders[$0] < orders[$1] }
    var rank: UInt32 = 0
    var previous: UInt64?
    for index in sorted {
      if orders[index] != previous { rank += 1 }
      previous = orders[index]
      blocks[index].birth = rank
    }
    orders = []
  }

  /// Stacks are kept under their number plus one, so that zero is "no stack".
  private mutating func readStacks(_ address: UInt64) throws(CaptureError) {
    guard let bytes = reader.bytes(address, count: Int(REMNANT_STACK_CHUNKS) * 8) else { return }
    let chunks = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    let size = UInt64(16) << UInt64(REMNANT_STACK_CHUNK_SHIFT)
    guard chunks.allSatisfy({ $0 % 4096 == 0 && $0 < Self.addressEnd - size }) else {
      throw Self.damaged("the table of call stacks")
    }
    for index in blocks.indices {
      let key = blocks[index].stackID
      guard key != 0, key - 1 != REMNANT_NO_STACK else {
        blocks[index].stackID = 0
        continue
      }
      if callStacks[key] == nil {
        let stack = readStack(key - 1, chunks)
        callStacks[key] = stack?.frames ?? []
        if let stack, stack.scope != 0 {
          scopes[key] = stack.scope
          // It refers to the one in none.
          if stack.frames.count == 1, let number = UInt32(exactly: stack.frames[0]),
            number < REMNANT_NO_STACK
          {
            if callStacks[number + 1] == nil {
              callStacks[number + 1] = readStack(number, chunks)?.frames ?? []
            }
            callStacks[key] = callStacks[number + 1]
          }
        }
      }
    }
  }

  private func readStack(
    _ number: UInt32,
    _ chunks: [UInt64]
  ) -> (frames: [UInt64], scope: UInt16)? {
    let chunk = Int(number >> UInt32(REMNANT_STACK_CHUNK_SHIFT))
    guard chunk < chunks.count, chunks[chunk] != 0 else { return nil }
    let unit = UInt64(number & (1 << UInt32(REMNANT_STACK_CHUNK_SHIFT) - 1))
    let address = chunks[chunk] + unit * 16
    // hash (8 bytes), next (4), frame_count (2), scope (2), frames
    guard let count = reader.load(address + 12, as: UInt16.self), count <= 512,
      let scope = reader.load(address + 14, as: UInt16.self),
      let bytes = reader.bytes(address + 16, count: Int(count) * 8)
    else { return nil }
    return (bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }, scope)
  }

  private func forEachPresentPage(
    _ address: UInt64,
    count: Int,
    _ body: (Int, UnsafeRawBufferPointer) -> Void
  ) {
    for run in presentRuns(address..<address + UInt64(count)) {
      let clamped = run.clamped(to: address..<address + UInt64(count))
      guard let bytes = reader.bytes(clamped.lowerBound, count: clamped.count) else { continue }
      bytes.withUnsafeBytes { body(Int(clamped.lowerBound - address), $0) }
    }
  }
}
