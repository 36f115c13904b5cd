import TestSupport
import Testing

@Suite("The malloc family under the recorder")
struct FamilyTests {
  @Test("Every call answers as glibc's own does, in its result, its block and errno")
  func edgeCases() async throws {
    let program = try await Program("family.c")
    defer { program.remove() }
    let alone = try await program.alone()
    // The program got to its end, past cases that fail.
    #expect(alone.output.contains("posix_memalign(24, 10) = 22, errno 79, untouched"))
    #expect(alone.output.hasSuffix("asprintf: 6\ngetline: 1\n"), "\(alone.transcript)")
    try await program.expectUnharmed()
  }
}
