import Foundation
import Remnant
import Synchronization
import TestSupport
import Testing

@testable import RemnantTesting

private final class Thing: @unchecked Sendable {
  var own: Thing?
}

private struct Value {}

/// What authors of tests do wrong: each has its failure, and none passes in silence.
@Suite("Mistakes") struct MistakeTests {
  private func expectIssue(
    _ part: String,
    _ sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () -> Void
  ) {
    withKnownIssue(sourceLocation: sourceLocation) {
      body()
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains(part) }
    }
  }

  @Test("a scope in which nothing is tracked fails")
  func nothing() {
    expectIssue("nothing was tracked, so nothing was checked") { withLeakTracking { _ = Thing() } }
  }

  @Test("a scope whose checks are inside it checks something; one that is skipped needs nothing")
  func inside() async {
    await withLeakTracking { withLeakTracking { _ = trackForMemoryLeaks(Thing()) } }
    await withLeakTracking { assertDeallocated { Thing() } }
    await withLeakTracking { assertNoLeaks { _ = Thing() } }
    await withLeakTracking { await expectDeallocation(of: WeakRef(Thing())) }
    await withLeakChecks(.skipped("shown here")) { withLeakTracking { _ = Thing() } }
    await withLeakChecks(.warning) { withLeakTracking { _ = Thing() } }
  }

  /// In a synchronous test it is undecided: see `BusyMainQueueTests`.
  @Test("what waits for the main actor dies in an asynchronous test of it")
  @MainActor func mainActor() async {
    func held() -> Thing {
      let thing = Thing()
      DispatchQueue.main.async { withExtendedLifetime(thing) {} }
      return thing
    }
    await assertDeallocated { held() }
    await withLeakTracking { _ = trackForMemoryLeaks(held()) }
  }

  @Test("a check in no task of a test fails all the same")
  func elsewhere() async throws {
    let run = try await Subprocess.run(
      [try Built.testBundle(), "--testing-library", "swift-testing", "--filter", "ElsewhereCells"],
      environment: ["REMNANT_ELSEWHERE": "1"]
    )
    #expect(run.exitStatus != 0, "\(run.transcript)")
    #expect(run.transcript.contains("an object outlived the scope"))
  }

  @Test("tracking outside of any scope fails")
  func outside() {
    expectIssue("no scope checks this object") { trackForMemoryLeaks(Thing()) }
  }

  @Test("a value is refused, also one that a cast made an object of: it isn't what should die")
  func box() {
    expectIssue("this is a value, not an object") {
      withLeakTracking { _ = trackForMemoryLeaks(Value() as AnyObject) }
    }
    expectIssue("this is a value, not an object") { assertDeallocated { Value() as AnyObject } }
    expectIssue("this is a value, not an object (Int)") { assertDeallocated { 1 } }
    for value in [1 as AnyObject, "a" as AnyObject, [1] as AnyObject, true as AnyObject] {
      expectIssue("boxed by the cast to AnyObject") { assertDeallocated { value } }
    }
    expectIssue("the value is nil") { assertDeallocated { Thing?.none } }
  }

  @Test("an object that the test's own variable holds fails, and the report names the frame")
  func local() {
    let thing = Thing()
    expectIssue("outlived the scope") {
      withLeakTracking(within: .milliseconds(10)) { _ = trackForMemoryLeaks(thing) }
    }
    withExtendedLifetime(thing) {}
  }

  @Test("a body that throws fails with its own error, and nothing else")
  func throwing() {
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try withLeakTracking { throw Refusal() } }
    #expect(throws: Refusal.self) {
      try assertDeallocated { () throws -> Thing in throw Refusal() }
    }
    #expect(throws: Refusal.self) { try assertNoLeaks { throw Refusal() } }
  }

  @Test("an object that dies after the snapshot, and before the report, was late, not leaked")
  func late() throws {
    // One step after the other, since a test that looks for the moment within a check misses it on a busy machine.
    let tracker = LeakTracker()
    let kept = Mutex<Thing?>(tracker.track(Thing()))
    let survivors = tracker.survivors
    let answer = SharedSnapshot.answersBlocking(to: [.survivors(survivors)])[0]
    let alive = try #require(SurvivorReport(survivors, answer, .failing))
    #expect(alive.message.hasPrefix("an object outlived the scope:"))
    #expect(!alive.message.contains("deallocated"))
    kept.withLock { $0 = nil }
    let late = try #require(SurvivorReport(survivors, answer, .failing))
    #expect(late.message.hasPrefix("an object was deallocated late: give the check more time"))
    #expect(late.message.contains("deallocated since, so it was late, not leaked"))
    #expect(late.attachments.isEmpty)
  }
}

@Suite("Modes of the checks") struct LeakCheckModeTests {
  /// Fails while it looks; nothing is left of it then.
  @inline(never) private func failingCheck() {
    let kept = Mutex<[Thing]>([])
    assertDeallocated(within: .zero) {
      let thing = Thing()
      kept.withLock { $0.append(thing) }
      return thing
    }
  }

  @Test("a known leak passes, and fails when it is fixed")
  func known() {
    knownLeak("issue 12") { failingCheck() }
    withKnownIssue {
      knownLeak("issue 12") { assertDeallocated { Thing() } }
    } matching: {
      $0.comments.contains { $0.rawValue.contains("remove knownLeak(\"issue 12\")") }
    }
    knownLeak("comes and goes", isIntermittent: true) { assertDeallocated { Thing() } }
  }

  @Test("a known leak, asynchronously, returns what its body returns")
  func knownAsync() async {
    let number = await knownLeak("issue 12") {
      await Task.yield()
      failingCheck()
      return 7
    }
    #expect(number == 7)
  }

  @Test("a warning fails nothing; neither does a skipped check, nor an ignored type")
  func others() async {
    await withLeakChecks(.warning) { failingCheck() }
    await withLeakChecks(.skipped("the parser keeps its tables")) {
      await Task.yield()
      failingCheck()
    }
    await withLeakChecks(.ignoring(types: ["RemnantTestingTests.Thing"])) { failingCheck() }
  }

  @Test("leaks that a file of suppressions covers may live on, and no others")
  func suppressions() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("leaks.supp")
    try Data("# known\nleak:Thing\n".utf8).write(to: file)
    try withLeakChecks(.ignoring(suppressions: file.path)) { failingCheck() }
    try Data("leak:App.Other\n".utf8).write(to: file)
    try withKnownIssue {
      try withLeakChecks(.ignoring(suppressions: file.path)) { failingCheck() }
    } matching: {
      $0.comments.contains { $0.rawValue.contains("outlived the scope") }
    }
    try Data("Thing\n".utf8).write(to: file)
    #expect(throws: (any Error).self) { try LeakCheckMode.ignoring(suppressions: file.path) }
  }

  @Test("another type isn't ignored")
  func otherType() {
    withKnownIssue {
      withLeakChecks(.ignoring(types: ["App.Other"])) { failingCheck() }
    } matching: {
      $0.comments.contains { $0.rawValue.contains("outlived the scope") }
    }
  }

  @Test("a trait has a mode, too", .leakTracking(.warning))
  func trait() {
    trackForMemoryLeaks(Thing())
    failingCheck()
  }

  @Test("the innermost mode counts")
  func nested() {
    withKnownIssue {
      withLeakChecks(.warning) { withLeakChecks(.failing) { failingCheck() } }
    } matching: {
      $0.comments.contains { $0.rawValue.contains("outlived the scope") }
    }
  }
}

/// Run by `MistakeTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["REMNANT_ELSEWHERE"] != nil))
struct ElsewhereCells {
  @Test func detached() async {
    await Task.detached {
      await assertDeallocated(within: .zero) { () -> Thing in
        let thing = Thing()
        thing.own = thing
        return thing
      }
    }.value
  }
}
