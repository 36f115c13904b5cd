internal import CRecorderFormat
internal import HeapGraph

/// The recorder's tables, read out of the stopped program's memory.
struct RecorderTables {
  /// What they say.
  private(set) var table = AllocationTable()

  private let reader: any MemoryReader
  /// Pages that were never written hold nothing: reading them would only make them real.
  private let presentRuns: (Range<Address>) -> [Range<Address>]

  init(
    at address: Address,
    of process: Int32,
    reader: any MemoryReader
  ) throws(CaptureError) {
    let presence = PagePresence(process: process)
    try self.init(at: address, reader: reader, presentRuns: presence.runs)
  }

  /// `presentRuns` gives the runs of pages of a range that were ever written, in order.
  init(
    at address: Address,
    reader: any MemoryReader,
    presentRuns: @escaping (Range<Address>) -> [Range<Address>]
  ) throws(CaptureError) {
    self.reader = reader
    self.presentRuns = presentRuns
    var state = remnant_recorder_state()
    guard reader.read(address, &state), state.magic == REMNANT_CONTROL_MAGIC,
      state.version == REMNANT_CONTROL_VERSION
    else {
      throw CaptureError(
        .recorderTables,
        message: "the recorder's tables aren't at the addresses that it reported",
        remedy: "the recorder and the command must come from the same build"
      )
    }
    table.lostBlocks = state.lost_blocks
    table.lostStacks = state.lost_stacks
    if state.shortest_depth < state.depth { table.shortenedDepth = Int(state.shortest_depth) }
    table.code = Address(state.code_start)..<Address(state.code_end)
    table.undecided.count = Int(state.undecided)
    if state.undecided > 0 { table.undecided.places = Self.undecidedPlaces(in: state) }
    try check(Address(state.leaves), Self.rootEntries * 8, "the table of blocks")
    try check(Address(state.arenas), Self.rootEntries, "the table of arenas")
    try check(
      Address(state.stack_chunks),
      Int(REMNANT_STACK_CHUNKS) * 8,
      "the table of call stacks"
    )
    try check(Address(state.own_ranges), Int(REMNANT_OWN_RANGES) * 16, "the list of its memory")
    table.ownRanges = try ranges(at: Address(state.own_ranges), limit: Int(REMNANT_OWN_RANGES))
    if state.allocator_is_glibc == 0 {
      table.freeMemory = try freeMemory(Address(state.allocator_ranges), Address(state.last_image))
    }
    readArenas(Address(state.arenas))
    try readLeaves(Address(state.leaves))
    try readStacks(Address(state.stack_chunks))
  }

  /// Where the checks are that could not be decided, as far as there is room for them.
  private static func undecidedPlaces(in state: remnant_recorder_state) -> [String] {
    withUnsafeBytes(of: state.undecided_places) { bytes in
      let size = Int(REMNANT_UNDECIDED_PLACE_SIZE)
      return stride(from: 0, to: bytes.count, by: size).compactMap { start in
        let place = bytes[start..<start + size].prefix { $0 != 0 }
        return place.isEmpty ? nil : String(decoding: place, as: UTF8.self)
      }
    }
  }

  // MARK: Damage

  private static let addressEnd = MachineLayout.current.addressEnd

  /// The program's own memory is what it makes of it: nothing in it is believed that can't be.
  private func check(_ address: Address, _ size: Int, _ what: String) throws(CaptureError) {
    guard address.isAligned(to: 8), let room = Self.addressEnd.offset(from: address), size <= room,
      reader.load(address, as: UInt64.self) != nil,
      reader.load(address + size - 8, as: UInt64.self) != nil
    else { throw Self.damaged(what) }
  }

  private static func damaged(_ what: String) -> CaptureError {
    CaptureError(
      .recorderTables,
      message: "the recorder's tables in the program are damaged: \(what)",
      remedy: "the program overwrites memory: find the write with an address sanitizer"
    )
  }

  private static let rootEntries = 1 << (47 - REMNANT_LEAF_SHIFT)
  /// Also that of a part of an arena.
  private static let leafSize = UInt64(1) << UInt64(REMNANT_LEAF_SHIFT)
  private static let granule = UInt64(1) << UInt64(REMNANT_GRANULE_SHIFT)
  private static let leafEntries = 1 << (REMNANT_LEAF_SHIFT - REMNANT_GRANULE_SHIFT)
  private static let recordSize = MemoryLayout<remnant_record>.size

  /// The first of the addresses whose blocks a leaf has.
  private static func start(ofLeaf index: Int) -> Address {
    Address(UInt64(index) << UInt64(REMNANT_LEAF_SHIFT))
  }

  private func freeMemory(
    _ list: Address,
    _ lastImage: Address
  ) throws(CaptureError) -> AllocationTable.FreeMemory {
    if list == 0 { return .unknown }
    let limit = Int(REMNANT_ALLOCATOR_RANGES)
    try check(list, limit * 16, "the list of the allocator's memory")
    return .within(try ranges(at: list, limit: limit), lastImage: lastImage)
  }

  private func ranges(
    at address: Address,
    limit: Int
  ) throws(CaptureError) -> [Range<Address>] {
    var ranges: [Range<Address>] = []
    // A part at a time: the list is long, and mostly empty.
    let part = 256
    for first in stride(from: 0, to: limit, by: part) {
      guard let bytes = reader.bytes(address + first * 16, count: part * 16) else { break }
      let isAtEnd = bytes.withUnsafeBytes { bytes in
        for index in 0..<part {
          let start = bytes.load(fromByteOffset: index * 16, as: Address.self)
          let end = bytes.load(fromByteOffset: index * 16 + 8, as: Address.self)
          if start == 0 { return true }
          if start < end { ranges.append(start..<end) }
        }
        return false
      }
      if isAtEnd { break }
    }
    guard ranges.allSatisfy({ $0.upperBound <= Self.addressEnd }) else {
      throw Self.damaged("the list of its memory")
    }
    return ranges
  }

  /// Where blocks of an arena have been: glibc gives a part back that is empty, and a thread's stack may be there since.
  private mutating func readArenas(_ address: Address) {
    var starts: Set<Address> = []
    forEachPresentPage(address, count: Self.rootEntries) { offset, bytes in
      for index in bytes.indices where bytes[index] != 0 {
        starts.insert(Self.start(ofLeaf: offset + index))
      }
    }
    for start in starts.sorted() {
      guard let part = reader.load(start, as: GlibcLayout.ArenaPart.self),
        starts.contains(part.arena.alignedDown(to: Self.leafSize)),
        part.previous == 0 || starts.contains(part.previous),
        part.size <= part.accessibleSize, part.accessibleSize <= Self.leafSize,
        part.size > 0, part.accessibleSize % MachineLayout.pageSize == 0
      else { continue }
      table.arenas.append(Range(at: start, size: part.accessibleSize))
    }
  }

  private mutating func readLeaves(_ address: Address) throws(CaptureError) {
    var leaves: [(index: Int, address: Address)] = []
    forEachPresentPage(address, count: Self.rootEntries * 8) { offset, bytes in
      for word in stride(from: 0, to: bytes.count & ~7, by: 8) {
        let leaf = bytes.loadUnaligned(fromByteOffset: word, as: Address.self)
        if leaf != 0 { leaves.append(((offset + word) / 8, leaf)) }
      }
    }
    let size = UInt64(Self.leafEntries * Self.recordSize)
    var end: Address = 0
    for leaf in leaves.map(\.address).sorted() {
      guard leaf.isAligned(to: MachineLayout.pageSize), leaf >= end,
        leaf < Self.addressEnd - size
      else {
        throw Self.damaged("the table of blocks")
      }
      end = leaf + size
    }
    for leaf in leaves { readLeaf(leaf.index, at: leaf.address) }
    // It has recorded its own start. Nothing lies in the first page.
    guard let first = table.blocks.first, first.address >= MachineLayout.leastAddress,
      let last = table.blocks.last, last.address < Self.addressEnd,
      table.blocks.allSatisfy({ $0.range.upperBound <= Self.addressEnd })
    else { throw Self.damaged("the table of blocks") }
  }

  private mutating func readLeaf(_ index: Int, at address: Address) {
    let base = Self.start(ofLeaf: index)
    let size = Self.leafEntries * Self.recordSize
    // Entries straddle pages, so what is read must be whole runs of pages.
    for run in presentRuns(Range(at: address, size: UInt64(size))) {
      // The first and the last entry of a run may lie half outside: those halves were never written.
      let (before, through) = ((address..<run.lowerBound).count, (address..<run.upperBound).count)
      let first = before / Self.recordSize
      let last = min((through + Self.recordSize - 1) / Self.recordSize, Self.leafEntries)
      let start = address + first * Self.recordSize
      guard let bytes = reader.bytes(start, count: (last - first) * Self.recordSize) else {
        continue
      }
      bytes.withUnsafeBytes { bytes in
        for entry in 0..<last - first {
          let offset = entry * Self.recordSize
          let record = bytes.load(fromByteOffset: offset, as: remnant_record.self)
          let key = record.key & ~REMNANT_MOVING
          if key == 0 { continue }
          let granule = base + UInt64(first + entry) * Self.granule
          let address = granule + UInt64(key & 1) * 16
          // Two runs can share an entry that straddles them.
          if table.blocks.last?.address == address { continue }
          let (low, high) = (record.order, record.size_and_order)
          let size = high & REMNANT_SIZE_LIMIT
          table.blocks.append(
            AllocationTable.Block(
              address: address,
              size: size == REMNANT_SIZE_LIMIT
                ? largeSize(after: start + offset) : UInt64(size),
              stackID: key >> 1,
              birth: UInt64(high >> UInt32(REMNANT_SIZE_BITS)) << 32 | UInt64(low)
            )
          )
        }
      }
    }
  }

  /// The size of a block that is too large for its record: the next one has it.
  private func largeSize(after record: Address) -> UInt64 {
    reader.load(record + Self.recordSize + 4, as: UInt64.self)
      ?? UInt64(REMNANT_SIZE_LIMIT)
  }

  /// Stacks are kept under their number plus one, so that zero is "no stack".
  private mutating func readStacks(_ address: Address) throws(CaptureError) {
    guard let bytes = reader.bytes(address, count: Int(REMNANT_STACK_CHUNKS) * 8) else { return }
    let chunks = bytes.withUnsafeBytes { Array($0.bindMemory(to: Address.self)) }
    let size = UInt64(16) << UInt64(REMNANT_STACK_CHUNK_SHIFT)
    guard
      chunks.allSatisfy({
        $0.isAligned(to: MachineLayout.pageSize) && $0 < Self.addressEnd - size
      })
    else { throw Self.damaged("the table of call stacks") }
    for index in table.blocks.indices {
      let key = table.blocks[index].stackID
      guard key != 0, key - 1 != REMNANT_NO_STACK else {
        table.blocks[index].stackID = 0
        continue
      }
      if table.callStacks[key] == nil {
        let stack = readStack(key - 1, chunks)
        table.callStacks[key] = stack?.frames ?? []
        if let stack, stack.scope != 0 {
          table.scopes[key] = stack.scope
          // It refers to the one in none.
          if stack.frames.count == 1, let number = UInt32(exactly: stack.frames[0]),
            number < REMNANT_NO_STACK
          {
            if table.callStacks[number + 1] == nil {
              table.callStacks[number + 1] = readStack(number, chunks)?.frames ?? []
            }
            table.callStacks[key] = table.callStacks[number + 1]
          }
        }
      }
    }
  }

  private func readStack(
    _ number: UInt32,
    _ chunks: [Address]
  ) -> (frames: [UInt64], scope: UInt16)? {
    let chunk = Int(number >> UInt32(REMNANT_STACK_CHUNK_SHIFT))
    guard chunk < chunks.count, chunks[chunk] != 0 else { return nil }
    let unit = UInt64(number & (1 << UInt32(REMNANT_STACK_CHUNK_SHIFT) - 1))
    let address = chunks[chunk] + unit * 16
    var stack = remnant_stack()
    guard reader.read(address, &stack), stack.frame_count <= Self.mostFrames,
      let bytes = reader.bytes(
        address + MemoryLayout<remnant_stack>.size,
        count: Int(stack.frame_count) * 8
      )
    else { return nil }
    return (bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }, stack.scope)
  }

  private static let mostFrames = 512

  private func forEachPresentPage(
    _ address: Address,
    count: Int,
    _ body: (Int, UnsafeRawBufferPointer) -> Void
  ) {
    let whole = Range(at: address, size: UInt64(count))
    for run in presentRuns(whole) {
      let clamped = run.clamped(to: whole)
      guard let bytes = reader.bytes(clamped.lowerBound, count: clamped.count) else { continue }
      bytes.withUnsafeBytes { body((address..<clamped.lowerBound).count, $0) }
    }
  }
}

extension MemoryReader {
  /// Reads a structure of C's, of whose bytes each combination is one; false where it can't be read whole.
  fileprivate func read<Structure>(_ address: Address, _ structure: inout Structure) -> Bool {
    withUnsafeMutableBytes(of: &structure) { read(address, into: $0) == $0.count }
  }
}
