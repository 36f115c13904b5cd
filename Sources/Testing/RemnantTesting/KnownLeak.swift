internal import Synchronization
public import Testing

/// A leak that is known, in the body of a `knownLeak`.
final class KnownLeak: Sendable {
  let reason: String
  private let isIntermittent: Bool
  private let site: CallSite

  private struct State {
    var failures = 0
    /// Scopes that check what was made in the body when they end; the body itself is one.
    var open: Set<ObjectIdentifier> = []
  }
  private let state = Mutex(State())

  init(reason: String, isIntermittent: Bool, site: CallSite) {
    self.reason = reason
    self.isIntermittent = isIntermittent
    self.site = site
  }

  /// A leak was found, or whether there is one can't be known.
  func add() { state.withLock { $0.failures += 1 } }

  /// It isn't over before a scope is that checks something of its body.
  ///
  /// - Returns: Whether that is new.
  func wait(for scope: AnyObject) -> Bool {
    state.withLock { $0.open.insert(ObjectIdentifier(scope)).inserted }
  }

  /// Once all scopes have ended, fails where nothing leaked.
  func end(_ scope: AnyObject) {
    let isMissing = state.withLock { state in
      state.open.remove(ObjectIdentifier(scope))
      return state.open.isEmpty && state.failures == 0
    }
    guard isMissing, !isIntermittent else { return }
    TestFailure.record(
      "no leak found: the leak is fixed, so remove knownLeak(\"\(reason)\")",
      at: site
    )
  }

  func begin() { _ = wait(for: self) }
  func end() { end(self) }
}

/// Runs `body`, in which a leak check is known to fail: the test passes for now.
///
/// ```swift
/// knownLeak("issue 12: the session keeps its delegate") {
///   assertDeallocated { Session(delegate: Delegate()) }
/// }
/// ```
///
/// Objects that are tracked in the body for a scope around it count as well: whether anything leaked is decided when that
/// scope ends. If nothing leaks, the test fails: the leak is fixed, so remove this call. For a leak that doesn't occur in
/// every run, pass `isIntermittent: true`.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
@discardableResult
@_disfavoredOverload  // Async functions take the other.
public func knownLeak<Result>(
  _ reason: String,
  isIntermittent: Bool = false,
  _ body: () throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows -> Result {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try knownLeak(reason, isIntermittent, body, at: site)
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
@discardableResult
@_disfavoredOverload  // Async functions take the other.
public func knownLeak<Result>(
  _ reason: String,
  isIntermittent: Bool = false,
  sourceLocation: SourceLocation,
  _ body: () throws -> Result
) rethrows -> Result {
  try knownLeak(reason, isIntermittent, body, at: CallSite(sourceLocation))
}

/// The same for an asynchronous body.
@discardableResult
nonisolated(nonsending) public func knownLeak<Result>(
  _ reason: String,
  isIntermittent: Bool = false,
  _ body: nonisolated(nonsending) () async throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async rethrows -> Result {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  return try await knownLeak(reason, isIntermittent, body, at: site)
}

/// The same for a wrapper.
@discardableResult
nonisolated(nonsending) public func knownLeak<Result>(
  _ reason: String,
  isIntermittent: Bool = false,
  sourceLocation: SourceLocation,
  _ body: nonisolated(nonsending) () async throws -> Result
) async rethrows -> Result {
  try await knownLeak(reason, isIntermittent, body, at: CallSite(sourceLocation))
}

@_disfavoredOverload
private func knownLeak<Result>(
  _ reason: String,
  _ isIntermittent: Bool,
  _ body: () throws -> Result,
  at site: CallSite
) rethrows -> Result {
  let known = KnownLeak(reason: reason, isIntermittent: isIntermittent, site: site)
  known.begin()
  let result = try LeakCheckMode(action: .collect(known)).run(body)
  known.end()
  return result
}

nonisolated(nonsending) private func knownLeak<Result>(
  _ reason: String,
  _ isIntermittent: Bool,
  _ body: nonisolated(nonsending) () async throws -> Result,
  at site: CallSite
) async rethrows -> Result {
  let known = KnownLeak(reason: reason, isIntermittent: isIntermittent, site: site)
  known.begin()
  let result = try await LeakCheckMode(action: .collect(known)).run(body)
  known.end()
  return result
}
