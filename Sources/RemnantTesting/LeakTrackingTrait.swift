internal import Remnant
public import Testing

/// Checks, when a test ends, that everything died that it tracked with `trackForMemoryLeaks`.
public struct LeakTrackingTrait: TestTrait, SuiteTrait, TestScoping {
  /// How long the objects may take.
  public var limit: Duration

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
    let tracker = LeakTracker()
    try await tracker.scope { try await function() }
    let location = test.sourceLocation
    let survivors = await tracker.drain(within: limit)
    guard tracker.trackedCount > 0 else {
      Issue.record(
        "nothing was tracked, so nothing was checked: call trackForMemoryLeaks(_:) in the test",
        sourceLocation: location
      )
      return
    }
    guard !survivors.isEmpty else { return }
    let text = SurvivorReport(survivors)
    for (name, contents) in text.attachments {
      Attachment.record(Attachment(contents, named: name), sourceLocation: location)
    }
    Issue.record(Comment(rawValue: text.message), sourceLocation: location)
  }
}

extension Trait where Self == LeakTrackingTrait {
  /// Checks that everything died that the test tracked, within a second.
  public static var leakTracking: Self { leakTracking(within: .seconds(1)) }

  /// The same within a time.
  public static func leakTracking(within limit: Duration) -> Self {
    LeakTrackingTrait(limit: limit)
  }
}
