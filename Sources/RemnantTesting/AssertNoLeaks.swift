internal import Remnant

/// Runs `body`, and fails if anything that was allocated in it is leaked.
///
/// ```swift
/// @Test func sessionIsLeakFree() throws {
///   try assertNoLeaks {
///     let session = try Session()
///     try session.run()
///   }
/// }
/// ```
///
/// Nothing has to be tracked: the recorder, which is linked into the test bundle, knows what the body and its
/// child tasks allocated. What is still alive and held, by a cache or by a global, is no leak. Where anything
/// is left at all, a picture of the process is taken, which takes a second or more in a debug build.
///
/// Under a sanitizer, which owns malloc, nothing can be checked: a message says so.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws; nothing is checked then.
@discardableResult
public func assertNoLeaks<Result>(
  _ body: () throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows -> Result {
  let scope = AllocationScope()
  let result = try scope.run { try body() }
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  // What is returned has an owner: this frame.
  return withExtendedLifetime(result) {
    checkLeaks(of: scope, at: site)
    return result
  }
}

/// The same for an asynchronous body.
@discardableResult
nonisolated(nonsending) public func assertNoLeaks<Result>(
  _ body: nonisolated(nonsending) () async throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async rethrows -> Result {
  let scope = AllocationScope()
  let result = try await scope.run { try await body() }
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  await checkLeaks(of: scope, at: site)
  // What is returned has an owner: this frame.
  return withExtendedLifetime(result) { result }
}

@_disfavoredOverload  // Async functions take the other.
private func checkLeaks(of scope: AllocationScope, at site: CallSite) {
  guard let mode = activeMode(at: site) else { return }
  record(leaks(of: scope, mode), at: site)
}

/// The same, and lets others have the thread while pictures are taken.
nonisolated(nonsending) private func checkLeaks(
  of scope: AllocationScope,
  at site: CallSite
) async {
  guard let mode = activeMode(at: site) else { return }
  await record(onPictureThread { leaks(of: scope, mode) }, at: site)
}

private func activeMode(at site: CallSite) -> LeakCheckMode? {
  LeakTracker.current?.use()
  return LeakCheckMode.isActive(at: site) ? LeakCheckMode.current : nil
}

/// Nil where there are none that the mode doesn't accept.
private func leaks(
  of scope: AllocationScope,
  _ mode: LeakCheckMode
) -> Result<LeakScan?, any Error> {
  var ignored: Set<String> = []
  if case .ignore(let types) = mode.action { ignored = types }
  return Result { try scope.leaks(ignoring: ignored).flatMap(mode.remainder) }
}

private func record(_ leaks: Result<LeakScan?, any Error>, at site: CallSite) {
  switch leaks {
  case .success(nil): break
  case .success(let scan?):
    TestFailure.recordLeak(
      "the body leaked:\n\(scan.text(width: 100))",
      at: site,
      attaching: [("leaks.txt", scan.description), ("leaks.dot", scan.dot)]
    )
  case .failure(let error as LeakScanError) where error.isWanted:
    TestFailure.warn("not checked for leaks: \(error)", at: site)
  case .failure(let error):
    TestFailure.record("not checked for leaks: \(error)", at: site)
  }
}
