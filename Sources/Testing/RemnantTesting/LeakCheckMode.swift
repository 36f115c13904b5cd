internal import Foundation
internal import LeakReports
internal import Remnant

/// What happens when a check finds a leak.
///
/// ```swift
/// // A suite whose leaks are being fixed:
/// withLeakChecks(.warning) { … }
/// // A cache that is meant to live on:
/// withLeakChecks(.ignoring(types: ["App.ImageCache"])) { … }
/// ```
///
/// The innermost mode applies to the checks in its body and its body's child tasks, and to the objects that are tracked
/// there, even when an enclosing scope checks them. For a whole test run, the environment variable
/// `REMNANT_LEAK_CHECKS=warn` turns failures into warnings where no mode is set.
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

  /// The test fails; this is the default.
  public static let failing = LeakCheckMode(action: .fail)

  /// A message on standard error; the test goes on.
  public static let warning = LeakCheckMode(action: .warn)

  /// Objects of some types may stay alive.
  ///
  /// - Parameter types: Names as reports print them: `App.ImageCache`.
  /// - Returns: The mode.
  public static func ignoring(types: Set<String>) -> LeakCheckMode {
    LeakCheckMode(action: .ignore(types: types))
  }

  /// Leaks covered by a suppression file, in LeakSanitizer's format, are accepted.
  ///
  /// ```text
  /// # The pool lives as long as the tests; see issue 12.
  /// leak:App.ConnectionPool
  /// ```
  ///
  /// - Parameter path: The file, absolute or relative to the current folder.
  /// - Returns: The mode.
  /// - Throws: An error that describes what is wrong with the file, and in which line.
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

  /// That of the task, or else of the scope that a thread without one belongs to.
  static var current: LeakCheckMode { inner ?? CheckScope.current?.mode ?? ofProcess }

  /// That of the task alone: what a scope that begins has for those that have no task.
  static var ofTask: LeakCheckMode { inner ?? ofProcess }

  /// Whether a check has anything to do; says so where it doesn't.
  func isActive(at site: CallSite) -> Bool {
    guard case .skip(let reason) = action else { return true }
    TestFailure.warn("not checked for leaks: \(reason)", at: site)
    return false
  }

  /// Whether leaks are never failures.
  var isAccepting: Bool {
    switch action {
    case .warn, .skip, .collect: true
    case .fail, .ignore, .suppress: false
    }
  }

  /// Types that may live on.
  var ignoredTypes: Set<String> { if case .ignore(let types) = action { types } else { [] } }

  /// Equal for modes that do the same.
  var key: String {
    switch action {
    case .fail: "fail"
    case .warn: "warn"
    case .ignore(let types): "ignore \(types.sorted())"
    case .suppress(let suppressions): "suppress \(suppressions)"
    case .skip(let reason): "skip \(reason)"
    case .collect(let known): "collect \(ObjectIdentifier(known))"
    }
  }

  /// What no suppression covers; nil where they cover all.
  func remainder(of scan: LeakScan) -> LeakScan? {
    guard case .suppress(let suppressions) = action else { return scan }
    return scan.without(suppressions)
  }

  /// A scope for what is allocated in the mode.
  ///
  /// What the mode lets pass, `remnant test` lets pass as well: it knows by the scope of the allocations. A test whose
  /// allocations are checked has the mode's checked as the mode says.
  private func scope() -> AllocationScope? {
    let outer = CheckScope.inTask
    let scope: AllocationScope? =
      if isAccepting {
        AllocationScope(isAccepted: true)
      } else {
        outer == nil ? nil : AllocationScope()
      }
    if let scope { outer?.add(scope, self) }
    return scope
  }

  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Self.$inner.withValue(self) {
      guard let scope = scope() else { return try body() }
      return try scope.run(body)
    }
  }

  nonisolated(nonsending) func run<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await Self.$inner.withValue(self) {
      guard let scope = scope() else { return try await body() }
      return try await scope.run(body)
    }
  }
}

/// Runs `body`, whose leak checks do what the mode says.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
@_disfavoredOverload  // Async functions take the other.
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
