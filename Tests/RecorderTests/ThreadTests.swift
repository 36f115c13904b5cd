import TestSupport
import Testing

@Suite("Threads and exceptions under the recorder")
struct ThreadTests {
  @Test("C++ exceptions are thrown and caught across libraries and threads")
  func exceptions() async throws {
    let program = try await Program("exceptions.cpp", libraries: ["throwing.cpp"])
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output.hasSuffix("bad_alloc\n"), "\(alone.transcript)")
    try await program.expectUnharmed()
  }

  @Test(
    "Threads begin and end while others allocate",
    arguments: ["many", "small", "destructors", "deep", "waiting"],
    [["-O0"], ["-O2", "-fomit-frame-pointer"]]
  )
  func threads(what: String, options: [String]) async throws {
    let program = try await Program("threads.c", options)
    defer { program.remove() }
    try await program.expectUnharmed([what])
  }
}
