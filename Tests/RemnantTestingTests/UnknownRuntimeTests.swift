import Foundation
import RemnantTesting
import TestSupport
import Testing

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_UNKNOWN_RUNTIME"] != nil

/// Checks in a process whose runtime isn't laid out as the library expects, run by `UnknownRuntimeTests`.
@Suite(.enabled(if: isChosen), .serialized) struct UnknownRuntimeCells {
  private final class Ring { var own: Ring? }

  init() throws {
    // A static object with the count of one that isn't: a hundred million references, so that it never dies.
    let storage = try #require(dlsym(nil, "_swiftEmptyArrayStorage"))
    storage.storeBytes(of: 0x1000_0000_0000_0003, toByteOffset: 8, as: UInt64.self)
  }

  private func ring() -> Ring {
    let ring = Ring()
    ring.own = ring
    return ring
  }

  @Test func leaks() {
    assertNoLeaks { _ = ring() }
  }

  @Test func object() {
    assertDeallocated(within: .zero) { ring() }
  }
}

@Suite("Checks where the Swift runtime is unknown") struct UnknownRuntimeTests {
  @Test("what is leaked is undecided, and what is alive is still alive")
  func undecided() async throws {
    for (cell, isFailure) in [("leaks", false), ("object", true)] {
      let run = try await Subprocess.run(
        [
          try Built.testBundle(), "--testing-library", "swift-testing", "--filter",
          "UnknownRuntimeCells/\(cell)",
        ],
        environment: ["REMNANT_UNKNOWN_RUNTIME": "1"]
      )
      #expect(run.transcript.contains("Test run with 1 test"), "\(run.transcript)")
      #expect((run.exitStatus != 0) == isFailure, "\(run.transcript)")
      #expect(run.transcript.contains("the head of objects"), "\(run.transcript)")
      #expect(run.transcript.contains(isFailure ? "outlived the scope" : "undecided:"))
    }
  }
}
