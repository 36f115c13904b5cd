import TestSupport
import Testing

@Suite("What the recorder needs of a program's own")
struct DisturbanceTests {
  @Test(
    "A program that filters its system calls isn't killed for the recorder's, and is examined",
    arguments: [["prctl"], ["seccomp"], ["prctl", "_exit"], ["seccomp", "_exit"]]
  )
  func filtered(arguments: [String]) async throws {
    let program = try await Program("filtered.c")
    defer { program.remove() }
    let alone = try await program.alone(arguments)
    #expect(alone.output == "begins\n-1 filtered: 0\ngoes on\n", "\(alone.transcript)")
    try await program.expectUnharmed(arguments, status: 3)
  }

  @Test(
    "A program that forbids itself the processor's counter goes on, and so does the order of births",
    arguments: ["prctl", "strict", "seccomp"]
  )
  func forbiddenClock(how: String) async throws {
    let program = try await Program("clock.c")
    defer { program.remove() }
    let alone = try await program.alone([how])
    #expect(alone.exitStatus == 3 && alone.output == "goes on\n", "\(alone.transcript)")
    let preloaded = try await program.preloaded([how])
    let (watched, report) = try await program.watched([how])
    for run in [preloaded, watched] {
      #expect(run.exitStatus == 3, "\(run.transcript)")
      #expect(run.output == alone.output)
    }
    // The strict ones end without a word, as after any system call that isn't libc's.
    if how == "prctl" { #expect(report?.capture.complete == true, "\(watched.errors)") }
  }

  @Test(
    "What such a program allocates later is recorded, with the call stacks that were met before"
  )
  func recordedSilently() async throws {
    let program = try await Program("filtered.c", ["-no-pie"])
    defer { program.remove() }
    let records = try await Records(of: program, ["prctl"])
    #expect(records.run.exitStatus == 3, "\(records.run.transcript.suffix(1000))")
    #expect(records.lostBlocks == 0)
    // No system call is made for a stack that is known, or this one would have been killed.
    #expect(records.stacks(ofSize: 300) == Array(repeating: ["known", "main"], count: 12))
    #expect(records.blocks.count { $0.size == 1000 } == 1000)
    #expect(records.blocks.count { $0.size == 100 || $0.size == 200 } == 32)
  }

  @Test("Chains with the same hash, and too much memory of its own, are told apart and counted")
  func bounds() async throws {
    let program = try await Program(
      "bounds.c",
      ["-I\(Program.recorder)", "-I\(Program.recorder)/include"]
    )
    defer { program.remove() }
    let run = try await program.alone()
    #expect(run.exitStatus == 0 && run.output.isEmpty, "\(run.transcript)")
  }

  @Test(
    "Where an allocation's stack has little room, the recorder takes half a kilobyte of it at most",
    arguments: [
      ("handler", 4096), ("handler", 8192), ("coroutine", 4096), ("coroutine", 65536),
      ("thread", 16384),
    ]
  )
  func smallStacks(kind: String, size: Int) async throws {
    let program = try await Program("small_stacks.c", ["-O1"])
    defer { program.remove() }
    let arguments = [kind, String(size)]
    let alone = try await program.alone(arguments)
    let (watched, report) = try await program.watched(arguments)
    #expect(watched.exitStatus == 0, "\(watched.transcript)")
    #expect(report?.capture.complete == true)
    let used = [alone, watched].map { Int($0.output.split(separator: "\n")[0]) ?? .max }
    #expect(used[1] - used[0] <= 512, "\(used)")
    #expect(used[1] <= size)
  }

  @Test("A program that closes all descriptors and opens its own finds nobody else writing there")
  func descriptors() async throws {
    let program = try await Program("descriptors.c", ["-O1"])
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output == "up to 1102\n0 damaged\n")
    try await program.expectUnharmed()
  }
}
