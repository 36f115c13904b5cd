import Foundation
import TestSupport
import Testing

/// Allocators that programs bring, as Debian has them.
private let allocators = ["jemalloc", "tcmalloc_minimal", "mimalloc"]

@Suite("A program keeps its allocator")
struct AllocatorTests {
  private static func link(_ allocator: String) -> [String] {
    ["-Wl,--no-as-needed", "-l\(allocator)"]
  }

  @Test("Linked: every function of it works, on blocks of malloc, too", arguments: allocators)
  func linked(allocator: String) async throws {
    let program = try await Program("allocators.c", Self.link(allocator))
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output.split(separator: "\n").count >= 2, "\(alone.transcript)")
    try await program.expectUnharmed()
    let (_, report) = try await program.watched()
    #expect(report?.target.allocator == allocator)
  }

  @Test("Preloaded by the user", arguments: allocators)
  func preloaded(allocator: String) async throws {
    let program = try await Program("allocators.c", Self.link(allocator))
    defer { program.remove() }
    let plain = try await Program("allocators.c")
    defer { plain.remove() }
    let libraries = try await Subprocess.run(["ldd", program.path])
    let line = libraries.output.split(separator: "\n").first { $0.contains("lib\(allocator).") }
    let library = try #require(line?.split(separator: " ").first { $0.hasPrefix("/") })
    let environment = ["LD_PRELOAD": String(library)]
    let alone = try await plain.alone(environment: environment)
    #expect(alone.exitStatus == 0, "\(alone.transcript)")
    let (run, report) = try await plain.watched(environment: environment)
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.output == alone.output)
    #expect(report?.target.allocator == allocator)
    #expect(report?.capture.complete == true)
  }

  @Test("C++'s operators stay the allocator's own", arguments: allocators)
  func operators(allocator: String) async throws {
    let program = try await Program("operators.cpp", Self.link(allocator))
    defer { program.remove() }
    try await program.expectUnharmed()
  }

  @Test("Of jemalloc, blocks that don't pass through malloc have records, too")
  func jemallocBlocks() async throws {
    let program = try await Program(
      "jemalloc_blocks.cpp",
      ["-no-pie", "-O0", "-std=c++17"] + Self.link("jemalloc")
    )
    defer { program.remove() }
    try await program.expectUnharmed()
    let records = try await Records(of: program)
    #expect(records.run.output == "1 1\n", "\(records.run.transcript.suffix(2000))")
    for size in 601...609 { #expect(records.stacks(ofSize: size) == [["main"]], "\(size)") }
    for size in Array(611...623) + [3, 5] {
      #expect(!records.hasBlock(ofSize: size, from: "main"), "\(size) was freed")
    }
  }

  @Test(
    "Each block has a record of its own, the smallest too, with its call stack",
    arguments: allocators
  )
  func records(allocator: String) async throws {
    let program = try await Program("allocators.c", ["-no-pie"] + Self.link(allocator))
    defer { program.remove() }
    let records = try await Records(of: program)
    #expect(records.run.exitStatus == 0, "\(records.run.transcript.suffix(2000))")
    #expect(records.lostBlocks == 0)
    let small = records.blocks.filter { (1...8).contains($0.size) && $0.stack == ["main"] }
    #expect(small.count == 100)
    for size in 20100..<20200 { #expect(records.stacks(ofSize: size) == [["main"]], "\(size)") }
    #expect(records.stacks(ofSize: 40_000_001) == [["main"]])
    #expect(!records.blocks.contains { $0.stack.first == "family" })
  }

  @Test(
    "An executable that only takes malloc's address doesn't own it",
    arguments: ["-no-pie", "-pie"]
  )
  func addressTaken(kind: String) async throws {
    let program = try await Program("address_taken.c", [kind, "-O1"])
    defer { program.remove() }
    try await program.expectUnharmed()
    let (_, report) = try await program.watched()
    #expect(report?.target.allocator == "glibc")
  }

  @Test("One that is linked into the executable is refused, and the message says so")
  func linkedStatically() async throws {
    let program = try await Program(
      "allocators.c",
      links: ["-Wl,-Bstatic", "-ljemalloc", "-Wl,-Bdynamic", "-lstdc++", "-lm"]
    )
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.exitStatus == 0, "\(alone.transcript)")
    let (run, report) = try await program.watched()
    #expect(run.exitStatus == 125)
    #expect(run.output == "")
    #expect(run.errors.contains("an allocator that is linked into it"), "\(run.errors)")
    #expect(report == nil)
  }
}
