import Foundation
import TestSupport
import Testing

/// How the program that is recorded was compiled.
private let builds = [
  ["-O0"], ["-O0", "-fomit-frame-pointer"],
  ["-O2", "-fno-omit-frame-pointer"], ["-O2", "-fomit-frame-pointer"],
]

@Suite("Records")
struct RecordTests {
  @Test("Live blocks are known by size, order of birth and call stack", arguments: builds)
  func records(options: [String]) async throws {
    let program = try await Program("records.c", options + ["-no-pie"])
    defer { program.remove() }
    let records = try await Records(of: program)
    #expect(records.run.exitStatus == 0, "\(records.run.transcript)")
    #expect(records.run.output == "done\n")
    #expect(records.lostBlocks == 0)

    for (size, chain) in [
      5001: ["innermost", "middle_a", "outer", "main"],
      5002: ["innermost", "middle_b", "outer", "main"],
      5003: ["innermost", "middle_a", "outer", "main"],
      5004: ["innermost", "middle_b", "outer", "main"],
      5005: ["innermost", "middle_a", "outer"] + Array(repeating: "deep", count: 41) + ["main"],
      // 64 frames are kept.
      5006: ["innermost", "middle_a", "outer"] + Array(repeating: "deep", count: 61),
    ] {
      #expect(records.stacks(ofSize: size) == [chain], "\(size)")
    }
    let births = [5001, 5002, 5003, 5004, 5005, 5006].compactMap { records.birth(ofSize: $0) }
    #expect(births.count == 6)
    #expect(births == births.sorted())
    #expect(Set(births).count == 6)

    for size in [333, 334, 335, 336, 337, 338, 339, 340] {
      #expect(records.stacks(ofSize: size) == [["family", "main"]], "\(size)")
    }
    #expect(records.stacks(ofSize: 344) == [["failed_realloc", "main"]])
    for size in [341, 342, 343, 10] {
      #expect(!records.hasBlock(ofSize: size, from: "family"), "\(size) was freed")
    }
  }

  @Test("What a function without a frame pointer calls has its whole call stack", arguments: builds)
  func tails(options: [String]) async throws {
    let program = try await Program("tails.c", options + ["-no-pie"])
    defer { program.remove() }
    let records = try await Records(of: program)
    #expect(records.run.exitStatus == 0, "\(records.run.transcript)")
    let called = ["innermost", "body", "without_frame_pointer"]
    for (size, caller) in [
      7001: ["caller_a", "main"], 7002: ["caller_b", "main"], 7003: ["thread"],
    ] {
      #expect(records.stacks(ofSize: size) == Array(repeating: called + caller, count: 4))
    }
    for levels in 0..<300 {
      // 64 frames are kept.
      let stack = called + Array(repeating: "deep", count: levels + 1) + ["main"]
      let stacks = records.stacks(ofSize: 8000 + levels)
      #expect(stacks == Array(repeating: Array(stack.prefix(64)), count: 3), "\(levels)")
    }
  }

  @Test("Sizes above 16 MiB are known, too", arguments: builds.prefix(1))
  func largeSizes(options: [String]) async throws {
    let program = try await Program("records.c", options + ["-no-pie"])
    defer { program.remove() }
    let records = try await Records(of: program)
    let large = records.blocks.map(\.size).filter { $0 > 1 << 20 }.sorted()
    #expect(large == [(1 << 24) - 2, (1 << 24) - 1, 17 << 20, 100 << 20])
  }

  @Test("The order of births never begins anew, however long a program runs")
  func order() async throws {
    let program = try await Program("order.c", ["-I\(Program.recorder)"])
    defer { program.remove() }
    let run = try await program.alone()
    #expect(run.exitStatus == 0)
    #expect(run.output == "later is more\n")
  }

  @Test("A block that realloc moves has a record at any moment")
  func moved() async throws {
    let program = try await Program("moved.c", ["-O1"])
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output == "missed 0\n")
    try await program.expectUnharmed()
  }

  @Test("A thread on the stack of one that ended has its own call stacks", arguments: builds)
  func reusedThreadStack(options: [String]) async throws {
    let program = try await Program("records.c", options + ["-no-pie"])
    defer { program.remove() }
    let records = try await Records(of: program)
    #expect(
      records.stacks(ofSize: 6001) == Array(repeating: ["innermost", "thread_a"], count: 4)
    )
    #expect(
      records.stacks(ofSize: 6002) == Array(repeating: ["innermost", "thread_b"], count: 4)
    )
  }
}

@Suite("Records that the program has written over")
struct DamagedRecordTests {
  @Test(
    "They are called damaged, and the tool ends as it should",
    arguments: [
      ("state", "0"), ("state", "0xdead0000"), ("state", "0xffffffffffffff00"), ("leaves", "0x10"),
      ("leaves", "0xffffffffffffff00"), ("arenas", "0x10"), ("arenas", "0xffffffffffffff00"),
      ("stacks", "0x10"), ("stacks", "0xffffffffffffff00"), ("ranges", "0x10"),
      ("ranges", "0xffffffffffffff00"), ("chunk", "0xffffffffffffff00"), ("leaf", "0x1000"),
      ("leaf", "0xffffffffffffff00"), ("repeated leaf", "3000"), ("full leaf", "1"),
      ("full leaf", "200"),
    ]
  )
  func damaged(what: String, value: String) async throws {
    let program = try await Program("forged.c", ["-O1"])
    defer { program.remove() }
    let run = try await Subprocess.run([try Built.tool(), "run", "--", program.path, what, value])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.output == "")
    #expect(run.errors.contains("tables"), "\(run.transcript)")
  }
}

/// The live blocks of a program at its exit, as `watch.c` reads them.
struct Records {
  struct Block {
    let size: Int
    let order: UInt64
    /// The program's own functions, innermost first.
    let stack: [String]
  }

  let run: Subprocess
  let blocks: [Block]
  let lostBlocks: Int

  /// Runs a program, linked without -pie so that `nm` knows its addresses.
  init(of program: Program, _ arguments: [String] = [], options: [String] = []) async throws {
    let watch = try await Program("watch.c", ["-O1"])
    defer { watch.remove() }
    run = try await Subprocess.run(
      [watch.path, Built.recorder()] + options + [program.path] + arguments
    )
    let functions = try await Self.functions(of: program)
    var blocks: [Block] = []
    var lostBlocks = -1
    for line in run.errors.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "lost" { lostBlocks = Int(words[1]) ?? -1 }
      guard words[0] == "block", let size = Int(words[1]), let order = UInt64(words[2]) else {
        continue
      }
      let stack = words.dropFirst(3).compactMap { UInt64($0, radix: 16) }
        .compactMap { frame in functions.first { $0.range.contains(frame - 1) }?.name }
      blocks.append(Block(size: size, order: order, stack: stack.filter { $0 != "_start" }))
    }
    self.blocks = blocks
    self.lostBlocks = lostBlocks
  }

  func stacks(ofSize size: Int) -> [[String]] { blocks.filter { $0.size == size }.map(\.stack) }

  func birth(ofSize size: Int) -> UInt64? { blocks.first { $0.size == size }?.order }

  func hasBlock(ofSize size: Int, from function: String) -> Bool {
    blocks.contains { $0.size == size && $0.stack.first == function }
  }

  private static func functions(
    of program: Program
  ) async throws -> [(name: String, range: Range<UInt64>)] {
    let run = try await Subprocess.run(["nm", "-S", "--defined-only", program.path])
    return run.output.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 4, let start = UInt64(words[0], radix: 16),
        let size = UInt64(words[1], radix: 16)
      else { return nil }
      return (String(words[3]), start..<start + size)
    }
  }
}
