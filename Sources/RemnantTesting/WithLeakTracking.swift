internal import CTaskPool
internal import Remnant

/// Runs `body`, and fails unless everything that was tracked in it dies soon after.
///
/// ```swift
/// withLeakTracking {
///   let session = trackForMemoryLeaks(Session())
///   session.run()
/// }
/// ```
///
/// The objects may take as long as the limit says. A body in which nothing is tracked with `trackForMemoryLeaks`, nor
/// checked in any other way, fails: a check that checks nothing is worse than none.
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
  let tracker = LeakTracker()
  remnant_pool_begin_waiting()
  defer { remnant_pool_end_waiting() }
  let result = try tracker.scope { try body() }
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  check(tracker, tracker.drain(within: limit), at: site)
  return result
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
  let tracker = LeakTracker()
  let result = try await tracker.scope { try await body() }
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  await check(tracker, tracker.drain(within: limit), at: site)
  return result
}

/// Fails where nothing was tracked; otherwise for what survived.
@_disfavoredOverload  // Async functions take the other.
func check(_ tracker: LeakTracker, _ survivors: [Survivor], at site: CallSite) {
  if isUsed(tracker, at: site, in: "scope") { report(survivors, at: site) }
}

nonisolated(nonsending) func check(
  _ tracker: LeakTracker,
  _ survivors: [Survivor],
  at site: CallSite,
  of scope: String = "scope"
) async {
  if isUsed(tracker, at: site, in: scope) { await report(survivors, at: site) }
}

private func isUsed(_ tracker: LeakTracker, at site: CallSite, in scope: String) -> Bool {
  guard LeakCheckMode.isActive(at: site) else { return false }
  if tracker.isUsed { return true }
  TestFailure.recordMisuse(
    "nothing was tracked, so nothing was checked: call trackForMemoryLeaks(_:) in the \(scope)",
    at: site
  )
  return false
}
