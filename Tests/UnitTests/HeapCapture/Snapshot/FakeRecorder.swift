import CRecorderFormat
import HeapGraph

@testable import HeapCapture

/// The recorder's tables as a test writes them: at first without any block.
///
///     var recorder = FakeRecorder()
///     recorder.add(0x5555_0000_0010, size: 40, stack: 0, order: 1)
///     recorder.addStack(0, frames: [0x40_1000])
///     let tables = try recorder.tables()
struct FakeRecorder {
  /// The process's memory, of which tests damage what they like.
  var memory = FakeMemory()
  var state = remnant_recorder_state()

  static let stateAddress: Address = 0x7f00_0000_0000
  static let leaves: Address = 0x7f00_1000_0000
  static let arenas: Address = 0x7f00_2000_0000
  static let chunks: Address = 0x7f00_3000_0000
  static let ownRanges: Address = 0x7f00_4000_0000
  static let chunk: Address = 0x7f00_5000_0000
  static let firstLeaf: Address = 0x7f10_0000_0000

  private static let rootEntries = UInt64(1) << (47 - UInt64(REMNANT_LEAF_SHIFT))
  private static let leafSize =
    (UInt64(1) << UInt64(REMNANT_LEAF_SHIFT - REMNANT_GRANULE_SHIFT)) * 12

  init() {
    state.magic = REMNANT_CONTROL_MAGIC
    state.version = REMNANT_CONTROL_VERSION
    state.depth = 64
    state.shortest_depth = 64
    state.allocator_is_glibc = 1
    state.leaves = Self.leaves.rawValue
    state.arenas = Self.arenas.rawValue
    state.stack_chunks = Self.chunks.rawValue
    state.own_ranges = Self.ownRanges.rawValue
    for (start, size) in [
      (Self.leaves, Self.rootEntries * 8), (Self.arenas, Self.rootEntries),
      (Self.chunks, UInt64(REMNANT_STACK_CHUNKS) * 8),
      (Self.ownRanges, UInt64(REMNANT_OWN_RANGES) * 16),
      (Self.chunk, UInt64(16) << UInt64(REMNANT_STACK_CHUNK_SHIFT)),
    ] {
      memory.reserve(start..<start + size)
    }
    memory.write(Self.chunk, at: Self.chunks)
  }

  /// With two blocks of one stack, the second of which is older.
  static var withTwoBlocks: FakeRecorder {
    var recorder = FakeRecorder()
    recorder.add(firstBlock, size: 40, stack: 0, order: 8)
    recorder.add(secondBlock, size: 16, stack: 0, order: 7)
    recorder.addStack(0, frames: [0x40_1000, 0x40_2000])
    return recorder
  }

  static let firstBlock: Address = 0x5555_0000_0010
  static let secondBlock: Address = 0x5555_0000_0040

  /// Where the record of a block is.
  static func record(of block: Address) -> Address {
    let leafSpan = UInt64(1) << UInt64(REMNANT_LEAF_SHIFT)
    return leaf(of: block) + (block.offset(inUnitOf: leafSpan) >> UInt64(REMNANT_GRANULE_SHIFT))
      * 12
  }

  /// Leaves lie apart from each other: those of addresses that are close, and of the lowest ones.
  private static func leaf(of block: Address) -> Address {
    let number = block.rawValue >> UInt64(REMNANT_LEAF_SHIFT)
    return firstLeaf + number % 61 * 0x200_0000
  }

  mutating func add(_ block: Address, size: UInt32, stack: UInt32, order: UInt64) {
    addRecord(
      of: block,
      key: (stack + 1) << 1 | UInt32(block.rawValue >> 4 & 1),
      order: UInt32(truncatingIfNeeded: order),
      sizeAndOrder: size & REMNANT_SIZE_LIMIT
        | UInt32(truncatingIfNeeded: order >> 32) << UInt32(REMNANT_SIZE_BITS)
    )
  }

  mutating func addRecord(of block: Address, key: UInt32, order: UInt32, sizeAndOrder: UInt32) {
    let leaf = Self.leaf(of: block)
    let entry = Self.leaves + (block.rawValue >> UInt64(REMNANT_LEAF_SHIFT)) * 8
    if memory.words[entry] == nil {
      memory.write(leaf, at: entry)
      memory.reserve(leaf..<leaf + Self.leafSize)
    }
    let record = Self.record(of: block)
    for (index, number) in [key, order, sizeAndOrder].enumerated() {
      memory.writeNumber(number, at: record + UInt64(index) * 4)
    }
  }

  mutating func addStack(_ number: UInt32, frames: [UInt64], scope: UInt16 = 0) {
    let address = Self.chunk + UInt64(number) * 16
    memory.write(0, at: address)
    memory.writeNumber(UInt16(frames.count), at: address + 12)
    memory.writeNumber(scope, at: address + 14)
    for (index, frame) in frames.enumerated() {
      memory.write(frame, at: address + 16 + UInt64(index) * 8)
    }
  }

  mutating func addOwnRange(_ range: Range<Address>, number: UInt64 = 0) {
    memory.write(range.lowerBound, range.upperBound, at: Self.ownRanges + number * 16)
  }

  /// One of glibc's secondary arenas.
  mutating func addArena(at start: Address, size: UInt64) {
    memory.writeBytes([1], at: Self.arenas + (start.rawValue >> UInt64(REMNANT_LEAF_SHIFT)))
    memory.write(start.rawValue + 32, 0, size, size, at: start)
  }

  func tables() throws(CaptureError) -> AllocationTable {
    var memory = memory
    withUnsafeBytes(of: state) { memory.writeBytes(Array($0), at: Self.stateAddress) }
    return try RecorderTables(
      at: Self.stateAddress,
      reader: memory,
      presentRuns: memory.writtenPages
    ).table
  }
}
