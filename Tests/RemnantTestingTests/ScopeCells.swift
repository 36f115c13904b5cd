import Foundation
import RemnantTesting
import Synchronization
import Testing
import XCTest

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_SCOPES"] != nil

private final class Ring: @unchecked Sendable {
  var own: Ring?
  static let cache = Mutex<[Ring]>([])
  /// Scopes that are open, where several are.
  static let scopes = Atomic(0)
}

private final class Other: @unchecked Sendable {
  var own: Other?
}

private func ring() -> Ring {
  let ring = Ring()
  ring.own = ring
  return ring
}

private func other() -> Other {
  let other = Other()
  other.own = other
  return other
}

/// Run by `ScopeTests`: failures are expected at the lines that are marked so, and at no others.
@Suite(.enabled(if: isChosen), .serialized) struct ScopeCells {
  @Test(.leakTracking(within: .zero)) func lines() {
    trackForMemoryLeaks(ring())  // fails
    trackForMemoryLeaks(Ring())
    trackForMemoryLeaks(other())  // fails
  }

  @Test func scope() {
    withLeakTracking(within: .zero) {
      trackForMemoryLeaks(Ring())
      trackForMemoryLeaks(ring())  // fails
    }
  }

  @Test(.leakTracking(within: .zero)) func fixed() {
    knownLeak("issue 12") { _ = trackForMemoryLeaks(Ring()) }  // fails
  }

  @Test(.leakTracking(within: .zero)) func beside() {
    knownLeak("issue 12") { _ = trackForMemoryLeaks(ring()) }
    trackForMemoryLeaks(other())  // fails
  }

  @Test(.leakTracking(within: .zero)) func attributed() async {
    await Task.detached { _ = trackForMemoryLeaks(ring()) }.value  // fails
  }

  @Test func ambiguous() async {
    let (opened, open) = AsyncStream<Void>.makeStream()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          await withLeakTracking(within: .zero) {
            trackForMemoryLeaks(Ring())
            Ring.scopes.add(1, ordering: .relaxed)
            for await _ in opened {}
          }
        }
      }
      while Ring.scopes.load(ordering: .relaxed) < 2 { await Task.yield() }
      await Task.detached { _ = trackForMemoryLeaks(Ring()) }.value  // fails
      open.finish()
    }
  }
}

/// Nothing fails in these, neither under `swift test` nor under `remnant test`.
@Suite(.enabled(if: isChosen), .serialized) struct AcceptedCells {
  /// Made outside of the mode that it is tracked in.
  @Test(.leakTracking(within: .zero)) func known() {
    let made = ring()
    knownLeak("issue 12") { _ = trackForMemoryLeaks(made) }
  }

  @Test(.leakTracking(within: .zero)) func warned() async {
    let made = ring()
    await withLeakChecks(.warning) { _ = trackForMemoryLeaks(made) }
  }

  @Test(.leakTracking(within: .zero)) func skipped() {
    let made = ring()
    withLeakChecks(.skipped("shown here")) { _ = trackForMemoryLeaks(made) }
  }

  @Test func knownInScope() {
    withLeakTracking(within: .zero) { knownLeak("issue 12") { _ = trackForMemoryLeaks(ring()) } }
  }

  @Test(.leakTracking(within: .zero)) func knownAllocations() {
    knownLeak("issue 12") { _ = ring() }
  }
}

@Suite(.enabled(if: isChosen)) struct IgnoredCells {
  @Test(.leakTracking(within: .zero)) func ignored() {
    withLeakChecks(.ignoring(types: ["RemnantTestingTests.Ring"])) {
      _ = trackForMemoryLeaks(ring())
    }
  }
}

/// Nothing is tracked in these.
@Suite(.leakTracking, .enabled(if: isChosen)) struct AllocationCells {
  @Test func clean() { _ = Ring() }

  @Test(arguments: 0..<20) func cached(_ number: Int) {
    Ring.cache.withLock { $0.append(Ring()) }
  }

  @Test func leaked() { _ = ring() }  // fails

  @Test func leakedLater() async {  // fails
    await Task.yield()
    await withTaskGroup(of: Void.self) { $0.addTask { _ = other() } }
  }
}

/// One after the other, so that checks go on while the next test runs.
@Suite(.leakTracking, .enabled(if: isChosen), .serialized) struct SerialAllocationCells {
  @Test(arguments: 0..<20) func cached(_ number: Int) {
    Ring.cache.withLock { $0.append(Ring()) }
  }

  @Test func leaked() { _ = ring() }  // fails

  @Test func clean() { _ = Ring() }

  @Test func known() { knownLeak("issue 12") { _ = other() } }
}

/// Run by `ScopeTests`.
final class ScopeCase: XCTestCase {
  func testLines() throws {
    try XCTSkipUnless(isChosen, "run by ScopeTests")
    trackForMemoryLeaks(Ring())
    trackForMemoryLeaks(ring())  // fails
    trackForMemoryLeaks(other())  // fails
  }

  private var sut: Ring?

  func testProperty() throws {
    try XCTSkipUnless(isChosen, "run by ScopeTests")
    sut = trackForMemoryLeaks(Ring())  // fails
  }

  func testModes() throws {
    try XCTSkipUnless(isChosen, "run by ScopeTests")
    knownLeak("issue 12") { _ = trackForMemoryLeaks(ring()) }
    withLeakChecks(.warning) { _ = trackForMemoryLeaks(ring()) }
    knownLeak("issue 13") { _ = trackForMemoryLeaks(Ring()) }  // fails
  }

  func testElsewhere() throws {
    try XCTSkipUnless(isChosen, "run by ScopeTests")
    DispatchQueue.global().sync { _ = trackForMemoryLeaks(ring()) }  // fails
  }
}
