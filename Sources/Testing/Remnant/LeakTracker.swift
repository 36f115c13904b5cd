internal import Dispatch
internal import Synchronization
internal import WeakReferences

/// Tracks objects that should be deallocated, and reports those that weren't.
///
///     let tracker = LeakTracker()
///     tracker.scope("login") {
///       let controller = LoginController()
///       tracker.track(controller)
///       controller.show()
///     }
///     for survivor in tracker.drain(within: .seconds(1)) { print(survivor) }
///
/// Tracking keeps nothing alive: an object is referred to weakly, with the call stack and the time. Safe
/// from any thread.
public final class LeakTracker: Sendable {
  private let probes = Mutex<[Probe]>([])
  private let tracked = Atomic<Int>(0)
  private let drains: [@Sendable () -> Void]
  /// The tracker of the scope that this one's is in.
  private let outer = LeakTracker.current
  private let wasUsed = Atomic<Bool>(false)

  /// Creates a tracker without objects.
  ///
  /// - Parameter drains: What to run, again and again, while the tracker waits for deaths: a server's own
  ///   event loop, a queue that empties itself later.
  public init(drains: [@Sendable () -> Void] = []) { self.drains = drains }

  /// How many objects were tracked so far, dead or alive.
  public var trackedCount: Int { tracked.load(ordering: .relaxed) }

  /// Whether anything was checked in its scope, by itself or by a check inside.
  package var isUsed: Bool { wasUsed.load(ordering: .relaxed) }

  /// Says that something was checked, also to the scopes around.
  package func use() {
    wasUsed.store(true, ordering: .relaxed)
    outer?.use()
  }

  /// Watches an object, and returns it.
  ///
  /// Takes about a microsecond and some hundred bytes, until the object is dead and `drain` or `survivors`
  /// was called.
  ///
  /// - Complexity: O(1), but for the call stack.
  @discardableResult
  public func track<Object: AnyObject>(_ object: Object, label: String? = nil) -> Object {
    track(object, label: label, context: nil)
    return object
  }

  /// The same, with something that comes back with the survivor.
  package func track(_ object: AnyObject, label: String?, context: (any Sendable)?) {
    let probe = Probe(object, label: label, scope: Self.currentName, context: context)
    tracked.add(1, ordering: .relaxed)
    use()
    probes.withLock { $0.append(probe) }
  }

  /// The tracker of the innermost `scope` that this task is in; nil outside of any.
  @TaskLocal public static var current: LeakTracker?
  /// What the innermost `scope` that has a name is called.
  @TaskLocal static var currentName: String?

  /// Runs `body` with this tracker as `current`, for code that tracks its objects wherever it is called.
  ///
  /// The name is part of the description of each survivor that was tracked in the scope.
  public func scope<Result>(
    _ name: String? = nil,
    _ body: () throws -> Result
  ) rethrows -> Result {
    try Self.$current.withValue(self) {
      try Self.$currentName.withValue(name ?? Self.currentName) { try body() }
    }
  }

  /// Runs `body` with this tracker as `current`, also in the child tasks of this one.
  nonisolated(nonsending) public func scope<Result>(
    _ name: String? = nil,
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await Self.$current.withValue(self) {
      try await Self.$currentName.withValue(name ?? Self.currentName) { try await body() }
    }
  }

  /// What is alive now, in the order of tracking.
  ///
  /// Doesn't wait.
  ///
  /// - Complexity: O(tracked objects)
  public var survivors: [Survivor] { living().compactMap { $0.survivor() } }

  /// Waits until everything is dead or the time is up, and returns what is still alive.
  ///
  /// While it waits it turns the main run loop where it is called on the main thread, and runs the
  /// tracker's own drains. Costs nothing where everything is dead already. Time in which the main queue can't run doesn't
  /// count, up to five seconds. In an asynchronous function take the other one: this one blocks a thread of the pool, or
  /// the main actor, which may be what the release needs.
  public func drain(within limit: Duration) -> [Survivor] {
    drain(within: limit, patience: .seconds(5))
  }

  package func drain(within limit: Duration, patience: Duration) -> [Survivor] {
    let loop = DrainLoop(limit: limit, drains: drains, patience: patience)
    let blocked = loop.run { self.living().isEmpty }
    return living().compactMap { $0.survivor(blocked: blocked) }
  }

  /// The same without blocking a thread: other work of this actor and of the pool goes on meanwhile.
  ///
  /// Time in which the main queue can't run, or all threads of the pool are blocked, doesn't count, up to a minute:
  /// nothing could have released the objects.
  nonisolated(nonsending) public func drain(within limit: Duration) async -> [Survivor] {
    await drain(within: limit, patience: .seconds(60))
  }

  nonisolated(nonsending) package func drain(
    within limit: Duration,
    patience: Duration
  ) async -> [Survivor] {
    var time = WaitingTime(limit: limit)
    let end = ContinuousClock.now + limit + patience
    let longestStep: Duration = .milliseconds(drains.isEmpty ? 100 : 5)
    var blocked: Set<ReadyPlace> = []
    while let probe = living().first {
      for drain in drains { drain() }
      let start = ContinuousClock.now
      let step = max(.zero, min(time.left, longestStep))
      if step > .zero { await probe.death(within: step) }
      time.count(min(start.duration(to: .now), step))
      guard probe.isAlive else { continue }
      let sent = ContinuousClock.now
      let canaries = Canaries(
        to: [.mainQueue, .globalQueue],
        priorities: [Task.currentPriority]
      )
      blocked = await wait(for: canaries, or: probe, until: end)
      guard probe.isAlive else { continue }
      if !blocked.isEmpty || time.isOver(canariesTook: sent.duration(to: .now)) { break }
    }
    return living().compactMap { $0.survivor(blocked: blocked) }
  }

  /// - Returns: Where no canary has come back from.
  nonisolated(nonsending) private func wait(
    for canaries: Canaries,
    or probe: Probe,
    until end: ContinuousClock.Instant
  ) async -> Set<ReadyPlace> {
    while true {
      let rest = ContinuousClock.now.duration(to: end)
      let outstanding = canaries.outstanding
      if outstanding.isEmpty || rest <= .zero || !probe.isAlive { return outstanding }
      await probe.death(within: drains.isEmpty ? rest : min(rest, .milliseconds(5)), or: canaries)
      for drain in drains { drain() }
    }
  }

  /// What holds the objects that are alive now: the cycle that each is in, or the path from what is outside of
  /// the heap, with the reference to change.
  ///
  /// Takes a snapshot of the process, which takes a second or more.
  ///
  /// - Throws: `LeakScanError` if a snapshot can't be taken.
  public func report() throws -> LeakScan { try LeakScan(explaining: survivors) }

  /// Forgets the dead.
  private func living() -> [Probe] {
    probes.withLock { probes in
      probes.removeAll { !$0.isAlive }
      return probes
    }
  }
}
