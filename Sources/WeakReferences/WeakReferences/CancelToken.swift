/// Cancels a group of death callbacks at once.
///
/// Releasing the token cancels nothing.
public final class CancelToken: Sendable {
  private let watches = Guarded<[ObjectIdentifier: CancellableWatch]>([:])

  /// Creates a token for an empty group.
  public init() {}

  /// The number of callbacks that still wait.
  ///
  /// - Complexity: O(1)
  public var count: Int { watches.withLock { $0.count } }

  /// Cancels all callbacks of the group that haven't started.
  ///
  /// - Complexity: O(`count`)
  public func cancel() {
    let cancelled = watches.withLock { watches in
      defer { watches = [:] }
      return watches
    }
    for watch in cancelled.values {
      watch.cancel()
    }
  }

  func add(_ watch: CancellableWatch) {
    watches.withLock { $0[ObjectIdentifier(watch)] = watch }
  }

  func remove(_ watch: CancellableWatch) {
    // The caller holds the watch: nothing is deinitialized in here.
    _ = watches.withLock { $0.removeValue(forKey: ObjectIdentifier(watch)) }
  }
}
