import Foundation
import TestSupport
import Testing

/// What a failure says of an object that is held, not leaked: by what, and how that ends.
@Suite("Advice for what outlives a scope") struct AdviceTests {
  private static let expected = [
    "testProperty": "set `model` to nil in `tearDown()`",
    "testTask":
      "cancel the task that waits in `closure #1 in AdviceCase.testTask()` at AdviceCells.swift",
    "testTimer": "call `invalidate()` on the timer",
    "testReader": "set `readabilityHandler` and `writeabilityHandler` to nil",
    "testObserver": "call `removeObserver(_:)` with the observer's token",
    "testWorkItem": "cancel the work item or timer that is still waiting in a queue",
    "testMock": "remove the elements of `Mock.calls` when they are done",
    "testVariable": "a variable or an argument of `AdviceCase.testVariable()`",
    "testArgument": "a variable or an argument of `AdviceCase.check(_:)`",
    "testAsyncVariable": "a variable or an argument of `AdviceCase.testAsyncVariable()`",
  ]

  /// A word that an earlier call left in memory can be found before the holder, once in some runs: then they run again.
  @Test("names the holder and its end, and nothing of the helpers")
  func advice() async throws {
    var found = try await failures()
    for _ in 0..<2 where !Self.expected.allSatisfy({ found[$0.key]?.contains($0.value) == true }) {
      found = try await failures()
    }
    for (name, advice) in Self.expected {
      let text = found[name] ?? ""
      #expect(text.contains(advice), "\(name): \(text)")
      let path = text.components(separatedBy: " fix ").first ?? ""
      #expect(!path.contains("withLeakTracking"), "\(name): \(path)")
    }
  }

  /// What each cell's failure says, by the cell.
  private func failures() async throws -> [String: String] {
    let run = try await Subprocess.run(
      [try Built.testBundle(), "RemnantTestingTests.AdviceCase"],
      environment: ["REMNANT_ADVICE": "1"]
    )
    let failures = run.output.components(separatedBy: ": error: AdviceCase.").dropFirst()
    var found: [String: String] = [:]
    for failure in failures {
      let name = String(failure.prefix { $0 != " " })
      // Lines are broken at the width of a page.
      found[name] = failure.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    #expect(Set(found.keys) == Set(Self.expected.keys), "\(run.transcript)")
    return found
  }
}
