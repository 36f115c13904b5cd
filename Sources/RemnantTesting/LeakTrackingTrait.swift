internal import Remnant
public import Testing

/// Checks, when a test ends, that everything died that it tracked with `trackForMemoryLeaks`.
public struct LeakTrackingTrait: TestTrait, SuiteTrait, TestScoping {
  /// How long the objects may take.
  public var limit: Duration
  /// What becomes of what the test's checks find, this trait's and those in the test; nil leaves that to the
  /// modes around.
  public var mode: LeakCheckMode?

  /// A suite's tests, too.
  public var isRecursive: Bool { true }

  /// Runs the test, waits for the deaths, and fails at the test's line.
  public func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable () async throws -> Void
  ) async throws {
    // A suite has no case of its own: only its tests are checked.
    guard testCase != nil else { return try await function() }
    guard let mode else { return try await check(test, function) }
    try await mode.run { try await check(test, function) }
  }

  private func check(
    _ test: Test,
    _ function: @Sendable () async throws -> Void
  ) async throws {
    let tracker = LeakTracker()
    try await tracker.scope { try await function() }
    let survivors = await tracker.drain(within: limit)
    await RemnantTesting.check(tracker, survivors, at: CallSite(test.sourceLocation), of: "test")
  }
}

extension Trait where Self == LeakTrackingTrait {
  /// Checks that everything died that the test tracked, within a second.
  public static var leakTracking: Self { leakTracking(within: .seconds(1)) }

  /// The same within a time, or in a mode.
  public static func leakTracking(
    within limit: Duration = .seconds(1),
    _ mode: LeakCheckMode? = nil
  ) -> Self {
    LeakTrackingTrait(limit: limit, mode: mode)
  }
}
