import CRecorderFormat
import TestSupport
import Testing

@testable import HeapCapture

@Suite struct RecorderTablesTests {
  private static let noMemory: Address = 0x1_0000

  // MARK: Sound tables

  @Test("Two blocks are read with sizes, ages and call stacks")
  func twoBlocks() throws {
    let tables = try FakeRecorder.withTwoBlocks.tables()
    #expect(tables.blocks.map(\.address) == [FakeRecorder.firstBlock, FakeRecorder.secondBlock])
    #expect(tables.blocks.map(\.size) == [40, 16])
    #expect(tables.ranksOfBirth() == [2, 1])
    #expect(tables.blocks.map(\.stackID) == [1, 1])
    #expect(tables.callStacks == [1: [0x40_1000, 0x40_2000]])
    #expect(tables.scopes.isEmpty && tables.ownRanges.isEmpty && tables.arenas.isEmpty)
    #expect(tables.freeMemory == .ofGlibc && tables.shortenedDepth == nil && tables.code.isEmpty)
    #expect(tables.block(at: FakeRecorder.firstBlock)?.size == 40)
    #expect(tables.block(at: FakeRecorder.firstBlock + 8) == nil)
    #expect(tables.block(at: .max) == nil)
  }

  @Test("Blocks of several leaves come in order of address; a block that moves is one")
  func leaves() throws {
    var recorder = FakeRecorder.withTwoBlocks
    let far = FakeRecorder.firstBlock + 5 << 26
    recorder.add(far, size: 8, stack: 0, order: 1 << 33)
    recorder.addRecord(
      of: far + 64,
      key: REMNANT_MOVING | 1 << 1 | 1,
      order: 2,
      sizeAndOrder: 24
    )
    let tables = try recorder.tables()
    #expect(tables.blocks.map(\.address).suffix(2) == [far, far + 64])
    #expect(tables.ranksOfBirth() == [3, 2, 4, 1])
  }

  @Test("The size of a large block is in the record behind its own")
  func largeBlock() throws {
    var recorder = FakeRecorder.withTwoBlocks
    let large = FakeRecorder.secondBlock + 64
    recorder.add(large, size: REMNANT_SIZE_LIMIT, stack: 0, order: 1)
    recorder.memory.writeNumber(UInt64(1) << 32, at: FakeRecorder.record(of: large) + 16)
    #expect(try recorder.tables().blocks.last?.size == 1 << 32)
  }

  @Test("A stack in a scope is the stack in none, and its scope")
  func scopes() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.addStack(8, frames: [0], scope: 3)
    recorder.add(FakeRecorder.secondBlock + 64, size: 8, stack: 8, order: 9)
    recorder.add(FakeRecorder.secondBlock + 96, size: 8, stack: REMNANT_NO_STACK, order: 9)
    let tables = try recorder.tables()
    #expect(tables.scopes == [9: 3])
    #expect(tables.callStacks[9] == tables.callStacks[1])
    #expect(tables.blocks.last?.stackID == 0)
  }

  @Test("What an allocator has mapped is listed where all its blocks have records")
  func allocatorMemory() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.state.allocator_is_glibc = 0
    recorder.state.last_image = 0x7777
    recorder.state.allocator_ranges = 0x7f00_6000_0000
    recorder.memory.reserve(0x7f00_6000_0000..<0x7f00_6100_0000)
    recorder.memory.write(0x10_0000, 0x20_0000, 0x40_0000, 0x40_0000, at: 0x7f00_6000_0000)
    #expect(
      try recorder.tables().freeMemory == .within([0x10_0000..<0x20_0000], lastImage: 0x7777)
    )
    recorder.state.allocator_ranges = 0x6fff_0000_0000_0000
    #expect(throws: CaptureError.self) { try recorder.tables() }
  }

  @Test("The recorder's own memory, arenas, code and losses are listed")
  func surroundings() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.addOwnRange(0x7f00_0000_0000..<0x7f00_0010_0000)
    recorder.addOwnRange(0x7e00_0000_0000..<0x7e00_0000_1000, number: 1)
    recorder.addArena(at: 0x7400_0000_0000, size: 0x21000)
    recorder.state.code_start = 0x40_0000
    recorder.state.code_end = 0x40_8000
    recorder.state.lost_blocks = 3
    recorder.state.lost_stacks = 4
    recorder.state.shortest_depth = 16
    recorder.state.allocator_is_glibc = 0
    var tables = try recorder.tables()
    #expect(
      tables.ownRanges == [
        0x7f00_0000_0000..<0x7f00_0010_0000, 0x7e00_0000_0000..<0x7e00_0000_1000,
      ]
    )
    #expect(tables.arenas == [0x7400_0000_0000..<0x7400_0002_1000])
    #expect(tables.code == 0x40_0000..<0x40_8000)
    #expect([tables.lostBlocks, tables.lostStacks] == [3, 4])
    #expect(tables.shortenedDepth == 16)
    #expect(tables.freeMemory == .unknown)
    tables.ownRanges.append(0..<8)
    #expect(tables.ownRanges.count == 3)
  }

  @Test("Checks that could not be decided say how many and where")
  func undecided() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.state.undecided = 9
    withUnsafeMutableBytes(of: &recorder.state.undecided_places) { places in
      places.copyBytes(from: "Tests/CartTests.swift:12\0".utf8)
      // Without an end.
      places[96..<192].copyBytes(from: repeatElement(UInt8(ascii: "x"), count: 96))
      places[192...].copyBytes(from: [0xff, 0xfe, 0])
    }
    let undecided = try recorder.tables().undecided
    #expect(undecided.count == 9)
    #expect(undecided.places.count == 3)
    #expect(undecided.places.first == "Tests/CartTests.swift:12")
    #expect(undecided.places.dropFirst().first?.utf8.count == 96)
  }

  // MARK: Damage

  private func expectDamage(
    _ sourceLocation: SourceLocation = #_sourceLocation,
    _ damage: (inout FakeRecorder) -> Void
  ) {
    var recorder = FakeRecorder.withTwoBlocks
    damage(&recorder)
    #expect(throws: CaptureError.self, sourceLocation: sourceLocation) { try recorder.tables() }
  }

  @Test("Another magic number, another version, and no memory at all are errors")
  func handshake() {
    expectDamage { $0.state.magic ^= 1 }
    expectDamage { $0.state.magic = 0 }
    expectDamage { $0.state.version += 1 }
    for address: UInt64 in [0, 8, 1 << 47, .max, .max - 7, .max - 95] {
      #expect(throws: CaptureError.self) {
        try RecorderTables(at: Address(address), reader: FakeMemory()) { [$0] }
      }
    }
  }

  @Test(
    "Tables that lie nowhere, or reach beyond the address space, are errors",
    arguments: [0, 4, 0x1_0000, 1 << 47 - 8, 1 << 47, 1 << 63, .max, .max - 7] as [UInt64]
  )
  func tableAddresses(address: UInt64) {
    expectDamage { $0.state.leaves = address }
    expectDamage { $0.state.arenas = address }
    expectDamage { $0.state.stack_chunks = address }
    expectDamage { $0.state.own_ranges = address }
  }

  @Test(
    "A leaf that lies nowhere a leaf can, or over another one, is an error",
    arguments: [1, 8, 0x1008, 1 << 47, 1 << 63, .max, ~0xfff, 1 << 47 - 0x1000] as [UInt64]
  )
  func leafAddresses(address: UInt64) {
    expectDamage { $0.memory.write(address, at: FakeRecorder.leaves + 64) }
    expectDamage { recorder in
      let leaf = FakeRecorder.record(of: FakeRecorder.firstBlock) & ~0xfff
      recorder.memory.write(leaf + 0x1000, at: FakeRecorder.leaves + 64)
    }
    expectDamage { recorder in
      let leaf = FakeRecorder.record(of: FakeRecorder.firstBlock) & ~0xfff
      recorder.memory.write(leaf, at: FakeRecorder.leaves + 64)
    }
  }

  @Test("A leaf that can't be read has no blocks; without any block the tables are damaged")
  func unreadableLeaf() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.memory.write(0x7e00_0000_0000, at: FakeRecorder.leaves + 64)
    #expect(try recorder.tables().blocks.count == 2)
    #expect(throws: CaptureError.self) { try FakeRecorder().tables() }
  }

  @Test(
    "A block larger than the rest of the address space is damage",
    arguments: [1 << 47, 1 << 47 - 0x5555_0000_0000, 1 << 63, UInt64.max] as [UInt64]
  )
  func hugeSize(size: UInt64) {
    expectDamage { recorder in
      let large = FakeRecorder.secondBlock + 64
      recorder.add(large, size: REMNANT_SIZE_LIMIT, stack: 0, order: 1)
      recorder.memory.writeNumber(size, at: FakeRecorder.record(of: large) + 16)
    }
  }

  @Test(
    "A block in the first page, where nothing can be, is damage",
    arguments: [0, 16, 0xff0] as [UInt64]
  )
  func nullPage(address: UInt64) {
    expectDamage { $0.add(Address(address), size: 64, stack: 0, order: 1) }
  }

  @Test("The last record of a leaf has no other one behind it")
  func lastRecord() throws {
    var recorder = FakeRecorder.withTwoBlocks
    let last = FakeRecorder.firstBlock & ~0x3ff_ffff + 0x3ff_ffe0
    recorder.add(last, size: REMNANT_SIZE_LIMIT, stack: 0, order: 1)
    let block = try #require(recorder.tables().blocks.last)
    #expect(block.address == last)
    #expect(block.size == UInt64(REMNANT_SIZE_LIMIT))
  }

  @Test(
    "A stack number beyond what there is has no frames",
    arguments: [1, 0xffff, 0x1_0000, 0x0fff_ffff, REMNANT_NO_STACK - 1, 0x3fff_ffff - 1] as [UInt32]
  )
  func stackNumbers(number: UInt32) throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.add(FakeRecorder.secondBlock + 64, size: 8, stack: number, order: 9)
    let tables = try recorder.tables()
    #expect(tables.blocks.count == 3)
    #expect(tables.callStacks[number + 1] ?? [] == [])
  }

  @Test("A stack of more frames than there can be has none")
  func frameCounts() throws {
    for count: UInt16 in [513, 0x8000, .max] {
      var recorder = FakeRecorder.withTwoBlocks
      recorder.memory.writeNumber(count, at: FakeRecorder.chunk + 12)
      #expect(try recorder.tables().callStacks == [1: []])
    }
  }

  @Test(
    "A stack in a scope that refers to nothing, to itself, or beyond has no frames",
    arguments: [8, 7, 0xffff_ffff, 0xffff_fffe, 0x1_0000_0000, UInt64.max] as [UInt64]
  )
  func scopeReferences(number: UInt64) throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.addStack(8, frames: [number], scope: 3)
    recorder.add(FakeRecorder.secondBlock + 64, size: 8, stack: 8, order: 9)
    let tables = try recorder.tables()
    #expect(tables.scopes == [9: 3])
    #expect(tables.callStacks[1]?.count == 2)
  }

  @Test(
    "Chunks of stacks that lie nowhere are an error",
    arguments: [1, 1 << 47, 1 << 63, .max, ~0xfff, 1 << 47 - 0x1000] as [UInt64]
  )
  func chunks(address: UInt64) {
    expectDamage { $0.memory.write(address, at: FakeRecorder.chunks + 8) }
  }

  @Test("Memory of the recorder's own beyond the address space is an error, an empty range nothing")
  func ownRanges() throws {
    expectDamage { $0.addOwnRange(0x1000..<0x8000_0000_0001) }
    expectDamage { $0.addOwnRange(0x1000 ..< .max) }
    var recorder = FakeRecorder.withTwoBlocks
    recorder.memory.write(8, 8, 9, 1, 0x1000, 0x2000, at: FakeRecorder.ownRanges)
    #expect(try recorder.tables().ownRanges == [0x1000..<0x2000])
  }

  @Test("What doesn't begin like an arena is none")
  func arenas() throws {
    let start: Address = 0x7400_0000_0000
    let arena = start.rawValue + 32
    for words: [UInt64] in [
      [], [0, 0, 4096, 4096], [.max, 0, 4096, 4096], [arena, 8, 4096, 4096],
      [arena, 0, 0, 4096], [arena, 0, 8192, 4096], [arena, 0, 4096, 4097],
      [arena, 0, 4096, 1 << 27], [arena, 0, .max, .max],
    ] {
      var recorder = FakeRecorder.withTwoBlocks
      recorder.addArena(at: start, size: 4096)
      if words.isEmpty {
        recorder.memory.writeBytes([1], at: FakeRecorder.arenas + 3)
        #expect(try recorder.tables().arenas.count == 1)
      } else {
        for (index, word) in words.enumerated() {
          recorder.memory.write(word, at: start + UInt64(index) * 8)
        }
        #expect(try recorder.tables().arenas.isEmpty, "\(words)")
      }
    }
  }

  @Test("Random words in every table are an error or a reading, never a trap")
  func randomDamage() {
    var random = SplitMix64(state: 1)
    let sound = FakeRecorder.withTwoBlocks
    let places = sound.memory.words.keys.sorted()
    let hostile: [UInt64] = [
      0, 1, 0xffff_ffff, 1 << 47, 1 << 63, .max, FakeRecorder.chunk.rawValue,
    ]
    var readings = 0
    for _ in 0..<300 {
      var recorder = sound
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = places.randomElement(using: &random) ?? 0
        let word = hostile.randomElement(using: &random) ?? 0
        recorder.memory.write(
          Bool.random(using: &random) ? word : .random(in: 0 ... .max, using: &random),
          at: place
        )
      }
      if let tables = try? recorder.tables() {
        readings += 1
        // What is read can be made an index, and blocks be read by it.
        let index = BlockIndex(
          addresses: tables.blocks.map(\.address.rawValue),
          sizes: tables.blocks.map(\.size)
        )
        _ = index.block(containing: FakeRecorder.firstBlock)
        _ = BlockWindows(reader: recorder.memory).forEachBlock(tables.blocks, limit: 4096) {
          _,
          _,
          _ in
        }
      }
    }
    #expect(readings > 10)
  }
}
