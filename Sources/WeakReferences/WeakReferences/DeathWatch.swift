internal import CWeakReferences
internal import Synchronization

/// A listener for the death of one object, with a record of its own.
class DeathWatch: DeathListener, @unchecked Sendable {
  let watch: UnsafeMutablePointer<wr_watch>
  private let isOwned: Bool

  /// - Parameter kind: `wr_kind_owned_callback` if the registry keeps this alive while it is started; with
  ///   `wr_kind_container` it forgets the object before any callback runs, unless it was released.
  init(kind: wr_kind) {
    watch = .allocate(capacity: 1)
    watch.initialize(to: wr_watch())
    isOwned = kind == wr_kind_owned_callback
    super.init()
    watch.pointee.owner = wr_owner(
      instance: Unmanaged.passUnretained(self).toOpaque(),
      forget: Self.forgetter,
      handler: Self.handler,
      kind: kind
    )
  }

  deinit {
    _ = wr_unregister(&watch.pointee.record)
    watch.deallocate()
  }

  /// Waits for the death of `object`; false if its deinit has begun.
  func start(_ object: AnyObject) -> Bool {
    let own = Unmanaged.passUnretained(self)
    if isOwned {
      _ = own.retain()
    }
    let started = wr_watch_object(Unmanaged.passUnretained(object).toOpaque(), watch)
    if isOwned && !started {
      own.release()
    }
    return started
  }

  /// Waits no longer; a handler that is on its way will come all the same.
  func stop() {
    // Raw values: comparing imported enumerations allocates their metadata, and a death may not allocate.
    let result = wr_unregister(&watch.pointee.record)
    if result.rawValue == wr_unregistered.rawValue && isOwned {
      Unmanaged.passUnretained(self).release()
    }
  }

  /// The object, unless it is dying or no longer waited for.
  var object: AnyObject? {
    guard let object = wr_retain_object(&watch.pointee.record) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(object).takeRetainedValue()
  }
}

/// A watch that runs once, unless it is canceled before.
class CancellableWatch: DeathWatch, @unchecked Sendable {
  private let isOpen = Atomic(true)
  private let tokens: [CancelToken]

  init(tokens: [CancelToken]) {
    self.tokens = tokens
    super.init(kind: wr_kind_owned_callback)
  }

  override func start(_ object: AnyObject) -> Bool {
    // The tokens come last: who cancels through one must find the watch registered. The object can't die before.
    guard super.start(object) else { return false }
    withExtendedLifetime(object) {
      for token in tokens {
        token.add(self)
      }
    }
    if !isOpen.load(ordering: .acquiring) {
      // Cancelled through the first token before it was in the last.
      leaveTokens()
    }
    return true
  }

  func cancel() {
    guard close() else { return }
    leaveTokens()
    stop()
  }

  private func close() -> Bool { isOpen.exchange(false, ordering: .acquiringAndReleasing) }

  private func leaveTokens() {
    for token in tokens {
      token.remove(self)
    }
  }

  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) {
    guard close() else { return }
    leaveTokens()
    run()
  }

  /// What there is to do at the death.
  func run() {}
}
