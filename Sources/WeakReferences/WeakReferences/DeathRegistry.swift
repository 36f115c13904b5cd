/// One callback for the deaths of many objects, each with a value for the callback.
///
/// ```swift
/// let registry = DeathRegistry<FileDescriptor> { try? $0.close() }
/// registry.register(connection, holding: descriptor)
/// ```
///
/// The callback runs on the thread that releases an object last, with no lock held; by then every weak reference to the
/// object reads nil. Releasing the registry cancels what still waits. A value that keeps its own object alive is never
/// delivered.
public final class DeathRegistry<Held: Sendable>: Sendable {
  private let callback: @Sendable (Held) -> Void
  private let all = CancelToken()

  /// Makes a registry that calls `callback` with the value of each object that dies.
  public init(_ callback: @escaping @Sendable (Held) -> Void) {
    self.callback = callback
  }

  deinit {
    all.cancel()
  }

  /// The number of objects that are waited for; an object counts once per registration.
  ///
  /// - Complexity: O(1)
  public var count: Int { all.count }

  /// Waits for the death of an object.
  ///
  /// - Parameters:
  ///   - object: Can be registered more than once. One that is being deinitialized isn't registered.
  ///   - value: Held until the callback has run, or was canceled.
  ///   - token: Cancels this registration together with the others that it was given to.
  /// - Complexity: O(1)
  public func register(_ object: AnyObject, holding value: Held, token: CancelToken? = nil) {
    WeakReferences.collectIfDue()
    let watch = HoldingWatch(
      value,
      callback: callback,
      tokens: token.map { [all, $0] } ?? [all]
    )
    _ = watch.start(object)
  }
}

private final class HoldingWatch<Held: Sendable>: CancellableWatch, @unchecked Sendable {
  private let held: Held
  private let callback: @Sendable (Held) -> Void

  init(_ held: Held, callback: @escaping @Sendable (Held) -> Void, tokens: [CancelToken]) {
    self.held = held
    self.callback = callback
    super.init(tokens: tokens)
  }

  override func run() { callback(held) }
}
