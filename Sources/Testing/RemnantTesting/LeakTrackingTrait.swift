internal import Remnant
internal import Synchronization
public import Testing

/// Checks, when a test ends, that everything it tracked with `trackForMemoryLeaks` is deallocated.
///
/// A test that tracks nothing is checked for leaks of everything that it allocated.
public struct LeakTrackingTrait: TestTrait, SuiteTrait, TestScoping {
  /// How long to wait for the objects to be deallocated.
  public var limit: Duration
  /// What happens when the test's checks, this trait's and those in the test, find a leak; nil for the enclosing mode.
  public var mode: LeakCheckMode?

  /// A suite's tests, too.
  public var isRecursive: Bool { true }

  /// This trait, for tests and suites.
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { self }

  /// Runs the test, waits, and fails at the lines that tracked the objects, or at the test's line.
  public func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else {
      let isSerial = test.traits.contains { $0 is ParallelizationTrait }
      return try await isSerial ? LateChecks.run(function) : function()
    }
    guard let mode else { return try await check(test, function) }
    try await mode.run { try await check(test, function) }
  }

  private func check(
    _ test: Test,
    _ function: @Sendable () async throws -> Void
  ) async throws {
    let scope = CheckScope()
    let allocations = AllocationScope()
    scope.checkAllocations(of: allocations)
    // The scope's own memory isn't the test's.
    try await scope.run { try await allocations.run { try await function() } }
    let site = CallSite(test.sourceLocation)
    if scope.tracker.isUsed {
      let survivors = await scope.tracker.drain(within: limit, patience: Patience.suspending)
      await report(survivors, at: TrackedPlace(site: site, mode: .current))
    } else {
      LeakTracker.current?.use()
      if let checks = LateChecks.current {
        // In this test's name all the same: tasks inherit that.
        checks.add(
          Task {
            await checkLeaks(of: scope.allocations, at: site, in: "test")
            scope.end()
          }
        )
        return
      }
      await checkLeaks(of: scope.allocations, at: site, in: "test")
    }
    scope.end()
  }
}

/// Checks that go on while the next test runs.
///
/// Tests that run one after the other would each wait for a snapshot of its own: so they share one, and what holds them
/// (the suite, or the parameterized test) waits for all.
private final class LateChecks: Sendable {
  private let checks = Mutex<[Task<Void, Never>]>([])

  @TaskLocal static var current: LateChecks?

  func add(_ check: Task<Void, Never>) { checks.withLock { $0.append(check) } }

  static func run(_ body: @Sendable () async throws -> Void) async throws {
    // The outermost waits.
    if current != nil { return try await body() }
    let own = LateChecks()
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await $current.withValue(own, operation: body))
    } catch {
      outcome = .failure(error)
    }
    for check in own.checks.withLock({ $0 }) { await check.value }
    try outcome.get()
  }
}

extension Trait where Self == LeakTrackingTrait {
  /// Checks that everything the test tracked is deallocated within a second, or else that nothing it allocated leaked.
  public static var leakTracking: Self { leakTracking(within: .seconds(1)) }

  /// The same within a time, or in a mode.
  public static func leakTracking(
    within limit: Duration = .seconds(1),
    _ mode: LeakCheckMode? = nil
  ) -> Self {
    LeakTrackingTrait(limit: limit, mode: mode)
  }
}
