internal import Foundation
internal import LeakReports
internal import Remnant
internal import Synchronization

/// What becomes of a leak that a check finds.
///
/// ```swift
/// // A suite that has leaks, on the way to having none:
/// withLeakChecks(.warning) { … }
/// // A cache that is meant to live on:
/// withLeakChecks(.ignoring(types: ["App.ImageCache"])) { … }
/// ```
///
/// The innermost mode counts, in the checks of its body and of its body's child tasks. For a whole test run,
/// the environment variable `REMNANT_LEAK_CHECKS=warn` makes failures warnings where no mode is set.
public struct LeakCheckMode: Sendable {
  enum Action: Sendable {
    case fail, warn
    case ignore(types: Set<String>)
    // Indirect, because the layout of a type that tests don't see must not be part of what they are compiled with.
    indirect case suppress(Suppressions)
    case skip(reason: String)
    case collect(KnownLeak)
  }

  let action: Action

  /// The test fails: what happens where nothing is said.
  public static let failing = LeakCheckMode(action: .fail)

  /// A message on standard error; the test goes on.
  public static let warning = LeakCheckMode(action: .warn)

  /// Objects of some types may live on.
  ///
  /// - Parameter types: Names as reports print them: `App.ImageCache`.
  /// - Returns: The mode.
  public static func ignoring(types: Set<String>) -> LeakCheckMode {
    LeakCheckMode(action: .ignore(types: types))
  }

  /// Leaks that a file of suppressions covers may live on: the command's, in LeakSanitizer's format.
  ///
  /// ```text
  /// # The pool lives as long as the tests; see issue 12.
  /// leak:App.ConnectionPool
  /// ```
  ///
  /// - Parameter path: The file, absolute or relative to the current folder.
  /// - Returns: The mode.
  /// - Throws: An error that says what is wrong with the file, and in which line.
  public static func ignoring(suppressions path: String) throws -> LeakCheckMode {
    let text = try InputFile.text(of: path, limit: InputFile.Limit.settings)
    return LeakCheckMode(action: .suppress(try Suppressions(parsing: text, file: path)))
  }

  /// Nothing is checked; a message on standard error says why.
  ///
  /// - Parameter reason: Why not.
  /// - Returns: The mode.
  public static func skipped(_ reason: String) -> LeakCheckMode {
    LeakCheckMode(action: .skip(reason: reason))
  }

  @TaskLocal private static var inner: LeakCheckMode?

  private static let ofProcess: LeakCheckMode =
    ProcessInfo.processInfo.environment["REMNANT_LEAK_CHECKS"] == "warn" ? .warning : .failing

  static var current: LeakCheckMode { inner ?? ofProcess }

  /// Whether the checks of the current scope have anything to do; says so where they don't.
  static func isActive(at site: CallSite) -> Bool {
    guard case .skip(let reason) = current.action else { return true }
    TestFailure.warn("not checked for leaks: \(reason)", at: site)
    return false
  }

  /// What no suppression covers; nil where they cover all.
  func remainder(of scan: LeakScan) -> LeakScan? {
    guard case .suppress(let suppressions) = action else { return scan }
    return scan.without(suppressions)
  }

  /// What the mode lets pass, `remnant test` lets pass as well: it knows by the scope of the allocations.
  private var acceptedScope: AllocationScope? {
    switch action {
    case .warn, .skip, .collect: AllocationScope(isAccepted: true)
    case .fail, .ignore, .suppress: nil
    }
  }

  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Self.$inner.withValue(self) {
      guard let acceptedScope else { return try body() }
      return try acceptedScope.run(body)
    }
  }

  nonisolated(nonsending) func run<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await Self.$inner.withValue(self) {
      guard let acceptedScope else { return try await body() }
      return try await acceptedScope.run(body)
    }
  }
}

/// Runs `body`, whose leak checks do what the mode says.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
public func withLeakChecks<Result>(
  _ mode: LeakCheckMode,
  _ body: () throws -> Result
) rethrows -> Result {
  try mode.run(body)
}

/// The same for an asynchronous body.
nonisolated(nonsending) public func withLeakChecks<Result>(
  _ mode: LeakCheckMode,
  _ body: nonisolated(nonsending) () async throws -> Result
) async rethrows -> Result {
  try await mode.run(body)
}

// MARK: Known leaks

/// Leaks that somebody knows of.
final class KnownLeak: Sendable {
  let reason: String
  private let failures = Mutex(0)

  init(reason: String) { self.reason = reason }

  func add() { failures.withLock { $0 += 1 } }

  /// Fails where there was nothing to know of.
  func end(isIntermittent: Bool, at site: CallSite) {
    guard failures.withLock({ $0 }) == 0, !isIntermittent else { return }
    TestFailure.record(
      "nothing leaked, so the leak is mended: take knownLeak(\"\(reason)\") away",
      at: site
    )
  }
}

/// Runs `body`, in which a leak check fails that is known to: the test passes for now.
///
/// ```swift
/// knownLeak("issue 12: the session keeps its delegate") {
///   assertDeallocated { Session(delegate: Delegate()) }
/// }
/// ```
///
/// A body in which no check fails is a failure itself: the leak is mended, and the test should say so. Where
/// it comes and goes, say `isIntermittent: true`.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
@discardableResult
public func knownLeak<Result>(
  _ reason: String,
  isIntermittent: Bool = false,
  _ body: () throws -> Result,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows -> Result {
  let known = KnownLeak(reason: reason)
  let result = try LeakCheckMode(action: .collect(known)).run(body)
  known.end(
    isIntermittent: isIntermittent,
    at: CallSite(fileID: fileID, file: file, line: line, column: column)
  )
  return result
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
  let known = KnownLeak(reason: reason)
  let result = try await LeakCheckMode(action: .collect(known)).run(body)
  known.end(
    isIntermittent: isIntermittent,
    at: CallSite(fileID: fileID, file: file, line: line, column: column)
  )
  return result
}
