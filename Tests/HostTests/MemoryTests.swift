import TestSupport
import Testing

@Suite("Memory that is not as it should be")
struct MemoryTests {
  @Test(
    "What can't be read is left out, and untouched memory costs nothing",
    arguments: [("protected", false), ("short file", true), ("huge", true)]
  )
  func unreadable(what: String, isComplete: Bool) async throws {
    let program = try await HostProgram("unreadable.swift")
    defer { program.remove() }
    let adopt = try await HostProgram("adopt.c")
    defer { adopt.remove() }
    let alone = try await program.alone([what])
    #expect(alone.exitStatus == 0, "\(alone.transcript)")
    let watched = try await program.watched([what], prefix: [adopt.path, "--memory"])
    // The leak beside it is found.
    #expect(watched.run.exitStatus == 23, "\(watched.run.transcript)")
    #expect(watched.run.output == alone.output)
    #expect(watched.leftovers == [])
    let report = try #require(watched.report)
    #expect(report.findings.map(\.confidence) == ["proven"])
    #expect(report.capture.complete == isComplete)
    #expect((report.capture.unreadable == 0) == isComplete)
    let memory = watched.run.errors.split(separator: " ").first.flatMap { Int($0) }
    #expect(try #require(memory, "\(watched.run.errors)") < 1024, "MiB")
  }

  @Test("Threads hold what is on their stacks where an arena of the allocator has been")
  func recycled() async throws {
    let program = try await HostProgram("recycled.swift")
    defer { program.remove() }
    let watched = try await program.expectUnharmed(status: 0)
    #expect(try #require(watched.report).findings.isEmpty)
  }

  @Test("Where the runtime isn't laid out as it should be, nothing is judged")
  func runtime() async throws {
    let program = try await HostProgram("runtime.swift")
    defer { program.remove() }
    let run = try await Subprocess.run([try Built.tool(), "run", "--", program.path])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.output == "overwritten\n")
    #expect(run.errors.contains("the head of objects"), "\(run.transcript)")
    let report = try #require(try await program.watched().report)
    #expect(report.findings.isEmpty)
    #expect(!report.capture.complete)
  }

  @Test("What strings keep behind their text is theirs")
  func breadcrumbs() async throws {
    let program = try await HostProgram("breadcrumbs.swift")
    defer { program.remove() }
    let watched = try await program.expectUnharmed(status: 0)
    #expect(watched.run.output == "400\n", "\(watched.run.transcript)")
    let report = try #require(watched.report)
    #expect(report.findings.isEmpty)
  }

  @Test("Overwritten objects and metadata are no leaks, and no end of the tool")
  func corrupted() async throws {
    let program = try await HostProgram("corrupted.swift")
    defer { program.remove() }
    for what in [
      "metadata", "metadata of another", "metadata of itself", "no metadata", "odd metadata",
      "count", "all ones", "no count", "side table", "array", "own superclass",
      "superclass of superclass", "no superclass", "kind", "descriptor",
    ] {
      let watched = try await program.expectUnharmed([what], status: 0)
      #expect(watched.run.output == "corrupted\n", "\(what): \(watched.run.transcript)")
      let report = try #require(watched.report, "\(what)")
      #expect(!report.findings.contains { $0.confidence == "proven" }, "\(what)")
    }
  }

  @Test(
    "Leaks are found in another allocator's memory, and none in a program without",
    arguments: ["jemalloc", "tcmalloc_minimal", "mimalloc"]
  )
  func allocators(allocator: String) async throws {
    let options = ["-O", "-Xlinker", "--no-as-needed", "-l\(allocator)"]
    let program = try await HostProgram("owners.swift", options)
    defer { program.remove() }
    let alone = try await program.alone(["leaky"])
    let leaky = try await program.watched(["leaky"])
    #expect(leaky.run.exitStatus == 23, "\(leaky.run.transcript)")
    #expect(leaky.run.output == alone.output)
    let report = try #require(leaky.report)
    #expect(report.target.allocator == allocator)
    // Of jemalloc, all memory is known.
    let isNoted = report.summary.notes.contains { $0.contains("allocator isn't glibc's") }
    #expect(isNoted == (allocator != "jemalloc"))
    #expect(report.findings.map(\.kind) == ["retain-cycle"])
    #expect(report.findings.map(\.count) == [10])
    #expect(report.findings.allSatisfy { $0.confidence != "possible" })
    let clean = try await program.expectUnharmed(["clean"], status: 0)
    #expect(clean.report?.findings.isEmpty == true)
    #expect(clean.report?.capture.complete == true)
  }

  @Test("A program with call stacks without end gets shorter ones, and the report says so")
  func callStacks() async throws {
    let program = try await HostProgram("stacks.c")
    defer { program.remove() }
    let watched = try await program.expectUnharmed(status: 0)
    let report = try #require(watched.report)
    #expect(report.capture.complete)
    #expect(report.summary.notes.contains { $0.contains("were cut to 32 frames") })
  }
}
