import Foundation
import RemnantTesting
import TestSupport
import Testing

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_KNOWN_LEAKS"] != nil

/// Tests whose leaks are known, run by `KnownLeakTests`.
@Suite(.enabled(if: isChosen)) struct KnownLeakCells {
  private final class Ring { var own: Ring? }

  private func ring() -> Ring {
    let ring = Ring()
    ring.own = ring
    return ring
  }

  @Test func known() {
    knownLeak("issue 12") { assertDeallocated(within: .zero) { ring() } }
  }

  @Test func nested() {
    knownLeak("issue 12") { assertNoLeaks { _ = ring() } }
  }

  @Test(.leakTracking(within: .zero, .warning)) func warned() {
    trackForMemoryLeaks(ring())
  }

  private final class Other { var own: Other? }

  @Test func unknown() {
    let other = Other()
    other.own = other
  }
}

@Suite("Known leaks under the command") struct KnownLeakTests {
  @Test("what a test accepts, remnant test accepts, and nothing else")
  func accepted() async throws {
    let bundle = try Built.testBundle()
    for (filter, status) in [("known|nested|warned", 0), ("KnownLeakCells", 23)]
      as [(String, Int32)]
    {
      let run = try await Subprocess.run(
        [
          try Built.tool(), "test", "--bundle", bundle, "--no-config", "--filter",
          "KnownLeakCells/\(filter == "KnownLeakCells" ? "" : "(\(filter))")",
        ],
        environment: ["REMNANT_KNOWN_LEAKS": "1"]
      )
      #expect(run.exitStatus == status, "\(run.transcript)")
      #expect(run.errors.contains("accepted by a test: knownLeak or withLeakChecks"))
      #expect(run.errors.contains("KnownLeakCells.Other") == (status == 23))
    }
  }
}
