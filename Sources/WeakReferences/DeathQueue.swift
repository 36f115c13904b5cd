/// Deaths, delivered when somebody asks for them.
///
/// A callback runs inside somebody's release, where waiting for a lock can deadlock. A queue only notes which object died;
/// whoever wants to know polls, or awaits:
///
/// ```swift
/// let deaths = DeathQueue<String>()
/// deaths.watch(session, as: "session 7")
/// for await name in deaths { print(name, "is gone") }
/// ```
///
/// Each death is delivered once, to one of those who ask, in the order of the deaths. Releasing the queue drops what it
/// still has, and forgets what it watches.
public final class DeathQueue<Element: Sendable>: AsyncSequence, Sendable {
  /// Waiting for a death throws nothing.
  public typealias Failure = Never

  private let pending = PendingDeaths<Element>()
  private let all = CancelToken()

  /// Makes an empty queue.
  public init() {}

  deinit {
    all.cancel()
    pending.finish()
    while pending.pop() != nil {}
  }

  /// Waits for the death of an object, which `element` will stand for.
  ///
  /// - Parameters:
  ///   - object: One that is being deinitialized isn't watched.
  ///   - element: Held until the death was delivered.
  ///   - token: Cancels this together with the others that it was given to.
  /// - Complexity: O(1)
  public func watch(_ object: AnyObject, as element: Element, token: CancelToken? = nil) {
    WeakReferences.collectIfDue()
    let watch = QueueWatch(
      element,
      pending: pending,
      tokens: token.map { [all, $0] } ?? [all]
    )
    _ = watch.start(object)
  }

  /// The number of deaths that wait to be delivered.
  ///
  /// - Complexity: O(1)
  public var count: Int { pending.count }

  /// The next death, or nil if there is none yet.
  ///
  /// - Complexity: O(1)
  public func poll() -> Element? { pending.pop()?.element }

  /// Ends iterations once all deaths so far are delivered; later ones can still be polled.
  public func finish() { pending.finish() }

  /// Awaits deaths; ends after `finish()`, or when its task is cancelled.
  public struct Iterator: AsyncIteratorProtocol {
    let queue: DeathQueue

    /// The next death, or nil at the end.
    public func next() async -> Element? { await next(isolation: nil) }

    /// The next death, or nil at the end.
    public func next(isolation actor: isolated (any Actor)?) async -> Element? {
      await queue.pending.next(isolation: actor)?.element
    }
  }

  /// Awaits deaths; several iterators share them.
  ///
  /// - Complexity: O(1)
  public func makeAsyncIterator() -> Iterator { Iterator(queue: self) }
}

/// The watch is the queue's node as well: a death allocates nothing.
private final class QueueWatch<Element: Sendable>: CancellableWatch, @unchecked Sendable {
  let element: Element
  private let pending: PendingDeaths<Element>
  /// Belongs to the queue's lock.
  var next: QueueWatch?

  init(_ element: Element, pending: PendingDeaths<Element>, tokens: [CancelToken]) {
    self.element = element
    self.pending = pending
    super.init(tokens: tokens)
  }

  override func run() { pending.push(self) }
}

private final class PendingDeaths<Element: Sendable>: Sendable {
  private typealias Watch = QueueWatch<Element>

  private struct Waiter {
    let number: Int
    let continuation: CheckedContinuation<QueueWatch<Element>?, Never>
  }

  private struct State {
    var first: Watch?
    var last: Watch?
    var count = 0
    var waiters: [Waiter] = []
    var lastNumber = 0
    var isFinished = false

    mutating func pop() -> Watch? {
      guard let watch = first else { return nil }
      first = watch.next
      watch.next = nil
      if first == nil {
        last = nil
      }
      count -= 1
      return watch
    }
  }

  private let state = Guarded(State())

  var count: Int { state.withLock { $0.count } }

  func pop() -> QueueWatch<Element>? { state.withLock { $0.pop() } }

  func push(_ watch: QueueWatch<Element>) {
    let waiter: Waiter? = state.withLock { state in
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      if let last = state.last {
        last.next = watch
      } else {
        state.first = watch
      }
      state.last = watch
      state.count += 1
      return nil
    }
    waiter?.continuation.resume(returning: watch)
  }

  func finish() {
    let waiters = state.withLock { state in
      state.isFinished = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters {
      waiter.continuation.resume(returning: nil)
    }
  }

  func next(isolation actor: isolated (any Actor)?) async -> QueueWatch<Element>? {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation(isolation: actor) { continuation in
        wait(Waiter(number: number, continuation: continuation))
      }
    } onCancel: {
      stopWaiting(number)
    }
  }

  private func wait(_ waiter: Waiter) {
    // A cancellation may come before or after: it finds the waiter, or is found here.
    let (isOver, watch): (Bool, Watch?) = state.withLock { state in
      if let watch = state.pop() { return (true, watch) }
      if state.isFinished || Task.isCancelled { return (true, nil) }
      state.waiters.append(waiter)
      return (false, nil)
    }
    if isOver {
      waiter.continuation.resume(returning: watch)
    }
  }

  private func stopWaiting(_ number: Int) {
    let waiter: Waiter? = state.withLock { state in
      guard let place = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
      return state.waiters.remove(at: place)
    }
    waiter?.continuation.resume(returning: nil)
  }
}
