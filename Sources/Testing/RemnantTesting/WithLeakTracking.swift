internal import CTaskPool
internal import Remnant
public import Testing

/// Runs `body`, and fails unless everything that was tracked in it is deallocated soon after.
///
/// ```swift
/// withLeakTracking {
///   let session = trackForMemoryLeaks(Session())
///   session.run()
/// }
/// ```
///
/// The limit is the time the objects may take. Each object's failure is shown at the line that tracked it. A body in
/// which nothing is tracked with `trackForMemoryLeaks`, nor checked in any other way, fails: it would check nothing.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws; nothing is checked then.
@_disfavoredOverload  // Async functions take the other.
public func withLeakTracking<Result>(
  within limit: Duration = .seconds(1),
  _ body: () throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows -> Result {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try withLeakTracking(limit, body, at: site)
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
@_disfavoredOverload  // Async functions take the other.
public func withLeakTracking<Result>(
  within limit: Duration = .seconds(1),
  sourceLocation: SourceLocation,
  _ body: () throws -> Result
) rethrows -> Result {
  try withLeakTracking(limit, body, at: CallSite(sourceLocation))
}

/// The same for an asynchronous body; other work goes on while it waits.
nonisolated(nonsending) public func withLeakTracking<Result>(
  within limit: Duration = .seconds(1),
  _ body: nonisolated(nonsending) () async throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async rethrows -> Result {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try await withLeakTracking(limit, body, at: site)
}

/// The same for a wrapper.
nonisolated(nonsending) public func withLeakTracking<Result>(
  within limit: Duration = .seconds(1),
  sourceLocation: SourceLocation,
  _ body: nonisolated(nonsending) () async throws -> Result
) async rethrows -> Result {
  try await withLeakTracking(limit, body, at: CallSite(sourceLocation))
}

@_disfavoredOverload
private func withLeakTracking<Result>(
  _ limit: Duration,
  _ body: () throws -> Result,
  at site: CallSite
) rethrows -> Result {
  let scope = CheckScope()
  remnant_pool_begin_waiting()
  defer { remnant_pool_end_waiting() }
  let result = try scope.run { try body() }
  if isUsed(scope, at: site) {
    let survivors = scope.tracker.drain(within: limit, patience: Patience.blocking)
    report(survivors, at: TrackedPlace(site: site, mode: .current))
  }
  scope.end()
  return result
}

nonisolated(nonsending) private func withLeakTracking<Result>(
  _ limit: Duration,
  _ body: nonisolated(nonsending) () async throws -> Result,
  at site: CallSite
) async rethrows -> Result {
  let scope = CheckScope()
  let result = try await scope.run { try await body() }
  if isUsed(scope, at: site) {
    let survivors = await scope.tracker.drain(within: limit, patience: Patience.suspending)
    await report(survivors, at: TrackedPlace(site: site, mode: .current))
  }
  scope.end()
  return result
}

/// How much longer than its limit a check waits for what can't run.
enum Patience {
  /// Others go on meanwhile.
  static let suspending: Duration = .seconds(600)
  static let blocking: Duration = .seconds(60)
}

/// Fails where nothing was tracked.
private func isUsed(_ scope: CheckScope, at site: CallSite) -> Bool {
  if scope.tracker.isUsed { return true }
  guard LeakCheckMode.current.isActive(at: site) else { return false }
  TestFailure.recordMisuse(
    "nothing was tracked, so nothing was checked: call trackForMemoryLeaks(_:) in the scope",
    at: site
  )
  return false
}
