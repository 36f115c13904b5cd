import Foundation
import TestSupport
import Testing

/// The verdict doesn't depend on the allocator: what one leaves in free memory, or keeps of addresses of blocks, holds
/// nothing.
@Suite("Fixtures with other allocators", .timeLimit(.minutes(20))) struct AllocatorVerdictTests {
  private static let libraries = [
    "libjemalloc.so.2", "libmimalloc.so.2", "libtcmalloc_minimal.so.4",
  ]
  /// Leaked tasks, which any word could resume; objects in what arrays get beyond what they ask for; tasks that wait.
  private static let scenarios = [
    "stuck-task", "stream-listener", "stuck-child", "field-cycle", "held-continuation",
    "managed-buffers", "tasks-in-flight",
  ]

  @Test("Leaks are found, and nothing else", arguments: libraries, scenarios)
  func verdict(library: String, scenario: String) async throws {
    let paths = try await Subprocess.run(["/sbin/ldconfig", "-p"])
    let line = paths.output.split(separator: "\n").first { $0.contains("\t\(library) ") }
    let path = try #require(line?.split(separator: " ").last, "`.ci/install` installs \(library)")
    for configuration in Configuration.allCases {
      let fixture = try await Fixture.executable(configuration)
      let run = try await Subprocess.run(
        [try Built.tool(), "run", "--", "env", "LD_PRELOAD=\(path)", fixture, scenario]
      )
      let expected = try Fixture.expectation(of: scenario, configuration).exitStatus
      #expect(run.exitStatus == expected, "\(configuration): \(run.transcript)")
    }
  }
}
