import CRecorderFormat
import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct RootRegionsTests {
  private static let libc: Address = 0x7000_0000_0000

  /// `kind name range` of each region.
  private func regions(
    _ maps: String,
    images: [FakeImage] = [],
    tables: AllocationTable? = nil,
    threads: [StoppedProcess.Thread] = [],
    ending: Int32? = nil,
    ownImage: Range<Address> = 0..<0
  ) throws -> [String] {
    let images = ImageTable(entries: images.map(\.entry))
    return RootRegions(
      map: MemoryMap(parsing: maps),
      images: images,
      tables: try tables ?? FakeRecorder.withTwoBlocks.tables(),
      threads: threads,
      silent: SilentFrames(images: images, recorder: 0x6000_0000..<0x6000_1000),
      ending: ending,
      ownImage: ownImage
    ).regions.map { region in
      let range = region.range
      let bounds = [range.lowerBound, range.upperBound].map(\.digits)
      return "\(region.root.kind) \(region.root.name) \(bounds.joined(separator: "-"))"
        + (region.root.endsProgram ? " ends" : "")
    }
  }

  private func thread(
    _ id: Int32,
    stackPointer: Address = 0,
    threadPointer: Address = 0,
    frames: [UInt64] = [],
    frameStackPointers: [UInt64] = []
  ) -> StoppedProcess.Thread {
    StoppedProcess.Thread(
      id: id,
      name: "worker",
      stackPointer: stackPointer,
      threadPointer: threadPointer,
      registers: [],
      frames: frames,
      frameStackPointers: frameStackPointers
    )
  }

  // MARK: Mappings

  @Test(
    "Memory that can be read and written is a root; what can't, the kernel's and devices' isn't"
  )
  func mappings() throws {
    let found = try regions(
      """
      10000-11000 rw-p 00000000 00:00 0
      20000-21000 r--p 00000000 00:00 0
      30000-31000 -w-p 00000000 00:00 0
      40000-41000 ---p 00000000 00:00 0
      50000-51000 rw-s 00000000 00:01 7 /memfd:shared (deleted)
      60000-61000 rw-s 00000000 00:01 8 /dev/dri/card0
      70000-71000 rw-p 00000000 00:00 0 [vvar]
      80000-81000 rw-p 00000000 00:00 0 [anon:stack guard]
      """
    )
    #expect(
      found == [
        "mapping anonymous memory 10000-11000", "mapping /memfd:shared 50000-51000",
        "mapping [anon:stack guard] 80000-81000",
      ]
    )
  }

  @Test("Beside live blocks of another allocator there may be blocks without a record, which hold")
  func otherAllocator() throws {
    let maps = "10000-20000 rw-p 00000000 00:00 0"
    var tables = AllocationTable()
    tables.blocks.append(.init(address: 0x12010, size: 32, stackID: 0, birth: 1))
    tables.freeMemory = .unknown
    #expect(
      try regions(maps, tables: tables) == [
        "mapping anonymous memory 10000-12000", "mapping anonymous memory 12030-20000",
      ]
    )
    // Where all its blocks have one, the rest of what it has mapped is free, or its own.
    tables.freeMemory = .within([0x11000..<0x13000], lastImage: 0)
    #expect(
      try regions(maps, tables: tables) == [
        "mapping anonymous memory 10000-11000", "mapping anonymous memory 13000-20000",
      ]
    )
  }

  @Test("An image's data are globals, also what follows its file without a name")
  func globals() throws {
    let image = try FakeImage(path: "/app/server", at: 0x4000_0000)
    let found = try regions(
      """
      40000000-40002000 r-xp 00000000 00:01 7 /app/server
      40002000-40003000 rw-p 00002000 00:01 7 /app/server
      40003000-40004000 rw-p 00000000 00:00 0
      40010000-40011000 rw-p 00000000 00:00 0
      40020000-40021000 rw-p 00000000 00:00 0
      """,
      images: [image]
    )
    #expect(
      found == [
        "global /app/server 40002000-40003000", "global /app/server 40003000-40004000",
        // It begins where the image ends.
        "global /app/server 40010000-40011000", "mapping anonymous memory 40020000-40021000",
      ]
    )
  }

  @Test("What an unwinder remembers is no root, but memory behind it is")
  func unwinder() throws {
    let image = try FakeImage(path: "/usr/lib/libunwind.so.8", at: 0x4000_0000)
    let found = try regions(
      """
      40002000-40003000 rw-p 00002000 00:01 7 /usr/lib/libunwind.so.8
      40008000-40020000 rw-p 00000000 00:00 0
      """,
      images: [image]
    )
    #expect(found == ["global /usr/lib/libunwind.so.8 40008000-40020000"])
  }

  @Test("glibc's heap, its arenas and the recorder's memory are free where no block is")
  func excluded() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.addOwnRange(0x1_2000..<0x1_3000)
    recorder.addArena(at: 0x7400_0000_0000, size: 0x21000)
    let maps = """
      10000-14000 rw-p 00000000 00:00 0
      20000-30000 rw-p 00000000 00:00 0 [heap]
      40000-48000 rw-p 00000000 00:01 7 /lib/recorder.so
      740000000000-740000030000 rw-p 00000000 00:00 0
      """
    let outside = [
      "mapping anonymous memory 10000-12000", "mapping anonymous memory 13000-14000",
      "mapping /lib/recorder.so 40000-42000", "mapping /lib/recorder.so 44000-48000",
      "mapping anonymous memory 740000021000-740000030000",
    ]
    let own: Range<Address> = 0x4_2000..<0x4_4000
    #expect(try regions(maps, tables: recorder.tables(), ownImage: own) == outside)
    // Another allocator's own functions give blocks without a record.
    recorder.state.allocator_is_glibc = 0
    #expect(
      Set(try regions(maps, tables: recorder.tables(), ownImage: own))
        == Set(outside + ["mapping [heap] 20000-30000"])
    )
  }

  @Test("Blocks are cut out with their headers, and what is between them stays")
  func blocks() throws {
    var recorder = FakeRecorder.withTwoBlocks
    recorder.add(0x5555_0000_0ff0, size: 0x4000, stack: 0, order: 1)
    recorder.add(0x5555_0000_6000, size: 0, stack: 0, order: 1)
    #expect(
      try regions(
        """
        555500000000-555500001000 rw-p 00000000 00:00 0
        555500004000-555500007000 rw-p 00000000 00:00 0
        """,
        tables: recorder.tables()
      ) == [
        "mapping anonymous memory 555500000050-555500000fe0",
        "mapping anonymous memory 555500004ff0-555500005ff0",
        "mapping anonymous memory 555500006001-555500007000",
      ]
    )
  }

  // MARK: Threads

  private static let stack = "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 [stack]"

  @Test("A stack is used from its red zone on; below, it is stale")
  func redZone() throws {
    #expect(
      try regions(Self.stack, threads: [thread(3, stackPointer: 0x7f00_0008_0000)], ending: 3)
        == ["threadStack thread 3 \"worker\" 7f000007ff80-7f0000100000 ends"]
    )
    // Not below the mapping.
    #expect(
      try regions(Self.stack, threads: [thread(3, stackPointer: 0x7f00_0000_0010)])
        == ["threadStack thread 3 \"worker\" 7f0000000000-7f0000100000"]
    )
    #expect(
      try regions(
        "0-1000 rw-p 00000000 00:00 0",
        threads: [thread(3, stackPointer: 16)]
      ) == ["threadStack thread 3 \"worker\" 0-1000"]
    )
  }

  @Test("Of several threads on one mapping, the lowest says where it begins to be used")
  func sharedStack() throws {
    let threads = [
      thread(3, stackPointer: 0x7f00_0008_0000), thread(4, stackPointer: 0x7f00_0004_0000),
      thread(5, stackPointer: 0x10), thread(6, stackPointer: .max),
    ]
    #expect(
      try regions(Self.stack, threads: threads)
        == ["threadStack thread 4 \"worker\" 7f000003ff80-7f0000100000"]
    )
  }

  @Test("The stack of a thread that holds nothing begins where it does")
  func silentStack() throws {
    let libc = try FakeImage(path: "/lib/libc.so.6", at: Self.libc, functions: ["poll", "clone3"])
    let dispatch = try FakeImage(
      path: "/lib/libdispatch.so",
      at: Self.libc + 0x10_0000,
      functions: ["_dispatch_worker_thread"]
    )
    let frames = [
      libc.address(of: "poll"), dispatch.address(of: "_dispatch_worker_thread"),
      libc.address(of: "clone3"),
    ]
    func found(_ start: UInt64) throws -> [String] {
      let idle = thread(
        3,
        stackPointer: 0x7f00_0008_0000,
        frames: frames.map(\.rawValue),
        frameStackPointers: [0x7f00_0008_0000, 0x7f00_0008_0100, start]
      )
      return try regions(Self.stack, images: [libc, dispatch], threads: [idle])
    }
    #expect(
      try found(0x7f00_000f_0000) == ["threadStack thread 3 \"worker\" 7f00000f0000-7f0000100000"]
    )
    // A start elsewhere is none.
    for start: UInt64 in [0, 0x1000, .max] {
      #expect(
        try found(start) == ["threadStack thread 3 \"worker\" 7f000007ff80-7f0000100000"]
      )
    }
  }

  @Test("A thread's own variables have its name, below the thread pointer and above")
  func threadStorage() throws {
    let image = try FakeImage(path: "/app/server", at: 0x4000_0000, threadLocalSize: 100)
    let found = try regions(
      Self.stack,
      images: [image],
      threads: [thread(3, stackPointer: 0x7f00_0008_0000, threadPointer: 0x7f00_000c_0000)]
    )
    #expect(
      found == [
        "threadStack thread 3 \"worker\" 7f000007ff80-7f00000bff40",
        "threadStack thread 3 \"worker\" 7f00000c0900-7f0000100000",
        "threadLocal thread 3 \"worker\" 7f00000bff40-7f00000c0900",
      ]
    )
  }

  @Test(
    "A thread pointer that can't be one changes nothing",
    arguments: [0, 1, 8, 1 << 63, .max, .max - 2303, .max - 2304] as [UInt64]
  )
  func threadPointers(threadPointer: UInt64) throws {
    let image = try FakeImage(path: "/app/server", at: 0x4000_0000, threadLocalSize: 100)
    let found = try regions(
      "10000-11000 rw-p 00000000 00:00 0",
      images: [image],
      threads: [thread(3, threadPointer: Address(threadPointer))]
    )
    #expect(found == ["mapping anonymous memory 10000-11000"])
  }

  @Test(
    "Thread-local sizes that no image has trap nowhere",
    arguments: [1 << 47, .max] as [UInt64]
  )
  func threadLocalSizes(size: UInt64) throws {
    let image = try FakeImage(path: "/app/server", at: 0x4000_0000, threadLocalSize: size)
    let found = try regions(
      "10000-11000 rw-p 00000000 00:00 0",
      images: [image, image],
      threads: [thread(3, threadPointer: 0x10800)]
    )
    #expect(!found.isEmpty)
  }

  // MARK: Ranges

  @Test("Ranges are cut out in order, whatever they overlap")
  func subtracting() {
    let range: Range<Address> = 10..<20
    #expect(range.subtracting([]) == [10..<20])
    #expect(range.subtracting([0..<10, 20..<30]) == [10..<20])
    #expect(range.subtracting([0..<12, 14..<15, 18..<30]) == [12..<14, 15..<18])
    #expect(range.subtracting([0..<30]) == [])
    #expect(range.subtracting([12..<18, 13..<14, 17..<19]) == [10..<12, 19..<20])
    #expect(range.subtracting([12..<12]) == [10..<12, 12..<20])
    #expect((Address.max - 1 ..< .max).subtracting([0 ..< .max]) == [])
  }
}
