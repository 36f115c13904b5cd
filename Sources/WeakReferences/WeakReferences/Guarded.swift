internal import CWeakReferences

/// A value that one thread at a time may look at.
///
/// Not `Synchronization.Mutex`: Thread Sanitizer doesn't see into that one where threads wait, and would cry wolf in the
/// tests of everybody who uses this library.
final class Guarded<Value>: @unchecked Sendable {
  /// The first stored property: its address is known.
  private var lock = wr_lock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  /// `body` must not run user code, nor release what could.
  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    let lock = _getUnsafePointerToStoredProperties(self).assumingMemoryBound(to: wr_lock.self)
    wr_lock_acquire(lock)
    defer { wr_lock_release(lock) }
    return try body(&value)
  }
}
