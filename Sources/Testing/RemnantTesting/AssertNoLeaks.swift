internal import Remnant
public import Testing

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
/// You don't have to track anything: the recorder, which is linked into the test bundle, knows what the body and its
/// child tasks allocated. What is still alive and held, by a cache or a global, isn't a leak. If anything is left, a
/// snapshot of the process is taken, which takes a second or more in a debug build.
///
/// Under a sanitizer, which replaces `malloc`, nothing is checked, and a message says so.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws; nothing is checked then.
@discardableResult
@_disfavoredOverload  // Async functions take the other.
public func assertNoLeaks<Result>(
  _ body: () throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows -> Result {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try assertNoLeaks(body, at: site)
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
@discardableResult
@_disfavoredOverload  // Async functions take the other.
public func assertNoLeaks<Result>(
  sourceLocation: SourceLocation,
  _ body: () throws -> Result
) rethrows -> Result {
  try assertNoLeaks(body, at: CallSite(sourceLocation))
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
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try await assertNoLeaks(body, at: site)
}

/// The same for a wrapper.
@discardableResult
nonisolated(nonsending) public func assertNoLeaks<Result>(
  sourceLocation: SourceLocation,
  _ body: nonisolated(nonsending) () async throws -> Result
) async rethrows -> Result {
  try await assertNoLeaks(body, at: CallSite(sourceLocation))
}

@_disfavoredOverload
private func assertNoLeaks<Result>(
  _ body: () throws -> Result,
  at site: CallSite
) rethrows -> Result {
  let scope = AllocationScope()
  let result = try scope.run { try body() }
  // What is returned has an owner: this frame.
  return withExtendedLifetime(result) {
    checkLeaks(of: scope, at: site)
    return result
  }
}

nonisolated(nonsending) private func assertNoLeaks<Result>(
  _ body: nonisolated(nonsending) () async throws -> Result,
  at site: CallSite
) async rethrows -> Result {
  let scope = AllocationScope()
  let result = try await scope.run { try await body() }
  await checkLeaks(of: scope, at: site)
  // What is returned has an owner: this frame.
  return withExtendedLifetime(result) { result }
}

@_disfavoredOverload  // Async functions take the other.
private func checkLeaks(of scope: AllocationScope, at site: CallSite) {
  LeakTracker.current?.use()
  let mode = LeakCheckMode.current
  guard mode.isActive(at: site) else { return }
  let question = SnapshotQuestion.scope(scope, ignoring: mode.ignoredTypes)
  record(SharedSnapshot.answersBlocking(to: [question])[0], mode, at: site, in: "body")
}

/// The same, and lets others have the thread while snapshots are taken.
nonisolated(nonsending) private func checkLeaks(
  of scope: AllocationScope,
  at site: CallSite
) async {
  LeakTracker.current?.use()
  await checkLeaks(of: [(scope, .current)], at: site, in: "body")
}

/// Fails for what is leaked of what was allocated in some scopes, as the mode of each says.
nonisolated(nonsending) func checkLeaks(
  of scopes: [(scope: AllocationScope, mode: LeakCheckMode)],
  at site: CallSite,
  in part: String
) async {
  let scopes = scopes.filter { $0.mode.isActive(at: site) }
  if scopes.isEmpty { return }
  let answers = await SharedSnapshot.answers(
    to: scopes.map { .scope($0.scope, ignoring: $0.mode.ignoredTypes) }
  )
  for (answer, scope) in zip(answers, scopes) { record(answer, scope.mode, at: site, in: part) }
}

private func record(
  _ answer: Result<SnapshotAnswer, any Error>,
  _ mode: LeakCheckMode,
  at site: CallSite,
  in part: String
) {
  switch answer {
  case .success(let answer):
    guard let scan = answer.scan.flatMap(mode.remainder) else { return }
    TestFailure.recordLeak(
      "the \(part) leaked:\n\(scan.text(width: 100))",
      at: site,
      mode,
      attaching: [("leaks.txt", scan.description), ("leaks.dot", scan.dot)]
    )
  case .failure(let error as LeakScanError) where error.isWanted:
    TestFailure.warn("not checked for leaks: \(error)", at: site)
  case .failure(let error as LeakScanError) where error.isUndecided:
    TestFailure.recordUndecided("undecided: \(error)", at: site, mode)
  case .failure(let error):
    TestFailure.record("not checked for leaks: \(error)", at: site)
  }
}
