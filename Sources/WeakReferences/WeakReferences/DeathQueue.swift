/// A queue of the deaths of objects, delivered when asked for.
///
/// A callback runs inside the last release of the object, where waiting for a lock can deadlock. A queue only records
/// which object died; its users poll or await:
///
/// ```swift
/// let deaths = DeathQueue<String>()
/// deaths.watch(session, as: "session 7")
/// for await name in deaths { print(name, "is gone") }
/// ```
///
/// Each death is delivered once, to one consumer, in the order of the deaths. Releasing the queue drops undelivered
/// deaths, and stops watching.
public final class DeathQueue<Element: Sendable>: AsyncSequence, Sendable {
  /// Waiting for a death throws nothing.
  public typealias Failure = Never

  private let pending = PendingDeaths<Element>()
  private let all = CancelToken()

  /// Makes an empty queue.
  public init() {}

  deinit {
    all.cancel()
    pending.close()
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

  /// Awaits deaths; ends after `finish()`, or when its task is canceled.
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
