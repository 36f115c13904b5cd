import TestSupport
import Testing

@Suite("A program goes unharmed under the recorder")
struct HostTests {
  @Test(
    "Threads have children by fork, vfork and posix_spawn while others allocate",
    arguments: ["fork", "handlers", "vfork", "spawn"]
  )
  func children(what: String) async throws {
    let library = try await Program("loaded.c", ["-shared"])
    defer { library.remove() }
    let program = try await Program("children.c", ["-Wl,--no-as-needed"], libraries: ["early.c"])
    defer { program.remove() }
    let alone = try await program.alone([what, library.path])
    #expect(alone.output == "100 children ended well\n", "\(alone.transcript)")
    try await program.expectUnharmed([what, library.path])
  }

  @Test("Signal handlers allocate", arguments: ["own", "small", "large"])
  func signals(stack: String) async throws {
    let program = try await Program("signals.c", ["-O1"])
    defer { program.remove() }
    try await program.expectUnharmed([stack])
  }

  @Test("Libraries come and go while other threads allocate")
  func loading() async throws {
    let first = try await Program("loaded.c", ["-shared", "-O0"])
    defer { first.remove() }
    let second = try await Program("loaded.c", ["-shared", "-O2", "-fomit-frame-pointer"])
    defer { second.remove() }
    let program = try await Program("loading.c", ["-O1", "-fomit-frame-pointer"])
    defer { program.remove() }
    try await program.expectUnharmed([first.path, second.path])
  }

  @Test(
    "What the loader made read-only stays so",
    arguments: [[], ["-Wl,--no-as-needed", "-ljemalloc"]]
  )
  func readOnly(options: [String]) async throws {
    let program = try await Program("relro.c", options)
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output == "0\n", "\(alone.transcript)")
    try await program.expectUnharmed()
  }

  @Test("An address space of 256 MiB is room enough")
  func limited() async throws {
    let program = try await Program("limited.c", ["-no-pie"])
    defer { program.remove() }
    let alone = try await Subprocess.run(["prlimit", "--as=\(256 << 20)", program.path])
    #expect(alone.output == "104010, then no more\n", "\(alone.transcript)")
    let records = try await Records(of: program, options: ["-v", "\(256 << 10)"])
    #expect(records.run.exitStatus == 0, "\(records.run.transcript.prefix(2000))")
    #expect(records.run.output == alone.output)
    #expect(records.lostBlocks == 0)
    #expect(records.blocks.count > 100_000)
  }
}
