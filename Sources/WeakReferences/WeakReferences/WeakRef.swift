public import CWeakReferences

/// A weak reference that may have a callback for its object's death.
///
/// ```swift
/// let reference = WeakRef(connection) { _ in print("closed") }
/// reference.object?.send("hello")
/// ```
///
/// The callback runs exactly once, on the thread that released the object last, before the object's own `deinit`; by
/// then every weak reference to the object reads nil. The callbacks of one object run newest first. A reference that is
/// released before its object never runs its callback. No lock is held while it runs: it may do anything, but what it
/// does must be quick, because it runs inside the last release.
///
/// Made in the object's own `deinit`, a reference is dead from the start, and its callback is dropped.
///
/// In lazy mode (`WeakReferences.isLazy`) the callback runs at the next collection instead.
public final class WeakRef<Object: AnyObject>: AnyWeakRef {
  /// What is called at the object's death.
  public typealias Callback = @Sendable (WeakRef<Object>) -> Void

  /// Under the watch's lock.
  ///
  /// In no generic wrapper: that would be looked up at run time, and would wrap the closure once more, while a death
  /// may not allocate.
  private var callback: Callback?

  /// Refers weakly to `object`.
  ///
  /// - Parameters:
  ///   - object: Isn't kept alive.
  ///   - callback: Called when the object dies, with this reference, which is dead by then.
  /// - Complexity: O(1)
  public init(_ object: Object, callback: Callback? = nil) {
    WeakReferences.collectIfDue()
    self.callback = callback
    super.init(object)
    if callback != nil && !isRegistered {
      cancel()
    }
  }

  /// The object, or nil once its last strong reference is gone.
  ///
  /// - Complexity: O(1)
  @inlinable public var object: Object? {
    guard let object = wr_retain_object(&watch.pointee.record) else { return nil }
    return Unmanaged<Object>.fromOpaque(object).takeRetainedValue()
  }

  /// The object, or nil once its last strong reference is gone.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func callAsFunction() -> Object? { object }

  override public var hasCallback: Bool {
    wr_lock_acquire(&watch.pointee.lock)
    defer { wr_lock_release(&watch.pointee.lock) }
    return callback != nil
  }

  override public func cancel() {
    // What the closure captured is released outside the lock.
    _ = takeCallback()
  }

  private func takeCallback() -> Callback? {
    wr_lock_acquire(&watch.pointee.lock)
    let taken = callback
    callback = nil
    wr_lock_release(&watch.pointee.lock)
    return taken
  }

  override func objectDied() {
    takeCallback()?(self)
  }

  override var staticType: Any.Type { Object.self }
}

extension WeakRef: @unchecked Sendable where Object: Sendable {}
