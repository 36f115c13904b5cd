internal import Remnant
internal import Synchronization
internal import Testing

/// What a check at the end of a scope knows: what was tracked in it, and which modes it had.
///
/// A scope is a `withLeakTracking`, a test with the trait `.leakTracking`, or a test case of XCTest.
final class CheckScope: Sendable {
  let tracker: LeakTracker
  /// Where it begins, for what was tracked by a thread without a task.
  let mode: LeakCheckMode
  private let outer: CheckScope?

  private struct State {
    var knownLeaks: [KnownLeak] = []
    var allocations: [(scope: AllocationScope, mode: LeakCheckMode)] = []
  }
  private let state = Mutex(State())

  init() {
    outer = Self.inTask
    mode = LeakCheckMode.ofTask
    tracker = LeakTracker()
  }

  /// The task's.
  @TaskLocal static var inTask: CheckScope?

  /// Those that have begun, and not ended.
  private static let open = Mutex<[ObjectIdentifier: CheckScope]>([:])

  /// The task's, or that of XCTest's running test case, or else the only one that an object can belong to: the innermost of
  /// all that are open, where each is inside the other.
  static var current: CheckScope? {
    if let inTask { return inTask }
    if let ofTestCase = TestCases.shared.scope { return ofTestCase }
    // A test's own task is in its own scope, or in none.
    if Test.current != nil { return nil }
    return open.withLock { open in
      let outer = Set(open.values.compactMap(\.outer).map { ObjectIdentifier($0) })
      let innermost = open.filter { !outer.contains($0.key) }
      return innermost.count == 1 ? innermost.first?.value : nil
    }
  }

  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    begin()
    defer { leave() }
    return try Self.$inTask.withValue(self) { try tracker.scope { try body() } }
  }

  nonisolated(nonsending) func run<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    begin()
    defer { leave() }
    return try await Self.$inTask.withValue(self) { try await tracker.scope { try await body() } }
  }

  private func begin() { Self.open.withLock { $0[ObjectIdentifier(self)] = self } }
  private func leave() { _ = Self.open.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) } }

  /// Tracks an object in the mode that is in force where that is done.
  func track(_ object: AnyObject, label: String?, at site: CallSite) {
    let mode = LeakCheckMode.current
    // Under `remnant test` as well, wherever it was made.
    if mode.isAccepting { AllocationScope.accept(object) }
    guard mode.isActive(at: site) else { return tracker.use() }
    tracker.track(object, label: label, context: TrackedPlace(site: site, mode: mode))
    if case .collect(let known) = mode.action { add(known) }
  }

  private func add(_ known: KnownLeak) {
    if known.wait(for: self) { state.withLock { $0.knownLeaks.append(known) } }
  }

  /// What is allocated in a mode of its own is checked in it.
  func add(_ scope: AllocationScope, _ mode: LeakCheckMode) {
    let isChecked = state.withLock { state in
      guard !state.allocations.isEmpty else { return false }
      state.allocations.append((scope, mode))
      return true
    }
    if isChecked, case .collect(let known) = mode.action { add(known) }
  }

  /// From here on what is allocated is checked, where nothing is tracked.
  func checkAllocations(of scope: AllocationScope) {
    state.withLock { $0.allocations.append((scope, LeakCheckMode.ofTask)) }
  }

  var allocations: [(scope: AllocationScope, mode: LeakCheckMode)] {
    state.withLock { $0.allocations }
  }

  /// After everything is judged: decides which known leaks there were.
  func end() {
    let known = state.withLock { state in
      defer { state.knownLeaks = [] }
      return state.knownLeaks
    }
    for known in known { known.end(self) }
  }
}
