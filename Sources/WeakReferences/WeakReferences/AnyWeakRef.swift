public import CWeakReferences

/// A weak reference to an object of some class: what all `WeakRef`s have in common.
///
/// References are equal when they refer to the same object, even after it is deallocated: a later object at the
/// same address is a different one. (A reference created in the object's own `deinit` refers to nothing, and equals only
/// itself.) Hashing and comparing never run code of the object.
///
/// Unlike `WeakRef` of `Sendable` objects, it isn't `Sendable`: the objects it returns may not be safe to use from other
/// threads. `WeakRef<AnyObject & Sendable>` holds references of mixed types for those.
public class AnyWeakRef: Hashable, CustomStringConvertible {
  /// Never touched by its name: the registry links watches where they lie.
  private var storedWatch = wr_watch()
  /// False if the object's deinit had begun before.
  final private(set) var isRegistered = false

  init(_ object: AnyObject) {
    let watch = watch
    let instance = Unmanaged.passUnretained(self).toOpaque()
    watch.pointee.owner = wr_owner(
      instance: instance,
      forget: nil,
      handler: Self.handler,
      kind: wr_kind_reference
    )
    isRegistered = wr_watch_object(Unmanaged.passUnretained(object).toOpaque(), watch)
  }

  deinit {
    // From here on no handler is called; one that is on its way would hold this reference.
    _ = wr_unregister(&watch.pointee.record)
  }

  /// The first stored property, in the object itself: a reference is one block of memory.
  @usableFromInline final var watch: UnsafeMutablePointer<wr_watch> {
    _getUnsafePointerToStoredProperties(self).assumingMemoryBound(to: wr_watch.self)
  }

  private static let handler: wr_death_handler = { instance, _ in
    Unmanaged<AnyWeakRef>.fromOpaque(instance).takeRetainedValue().objectDied()
  }

  /// Runs the callback, if there is one.
  func objectDied() {}

  /// The object, or nil once its last strong reference is gone.
  ///
  /// - Complexity: O(1)
  final public var anyObject: AnyObject? {
    guard let object = wr_retain_object(&watch.pointee.record) else { return nil }
    return Unmanaged<AnyObject>.fromOpaque(object).takeRetainedValue()
  }

  /// Whether the object still has strong references.
  ///
  /// It may lose them at any moment: to use the object, get it from `anyObject`.
  ///
  /// - Complexity: O(1)
  final public var isAlive: Bool { anyObject != nil }

  /// Whether this refers to `object`: false once it is dead, also for a new object at the same address.
  ///
  /// - Complexity: O(1)
  final public func refers(to object: AnyObject) -> Bool { anyObject === object }

  /// Whether a callback waits for the object's death: false once it ran.
  ///
  /// - Complexity: O(1)
  public var hasCallback: Bool { false }

  /// Drops the callback, without running it, and what it captured.
  ///
  /// The reference remains valid.
  ///
  /// - Complexity: O(1)
  public func cancel() {}

  /// The type that the reference was made with.
  var staticType: Any.Type { AnyObject.self }

  /// Names the types and addresses; runs no code of the object.
  final public var description: String {
    let name = String(reflecting: staticType)
    let own = hexadecimal(Unmanaged.passUnretained(self).toOpaque())
    guard let object = anyObject else { return "WeakRef<\(name)>(\(own), dead)" }
    let address = hexadecimal(Unmanaged.passUnretained(object).toOpaque())
    return "WeakRef<\(name)>(\(own) -> \(String(reflecting: type(of: object))) at \(address))"
  }

  /// Whether both refer to the same object, dead or alive.
  ///
  /// - Complexity: O(1)
  public static func == (left: AnyWeakRef, right: AnyWeakRef) -> Bool {
    left.watch.pointee.serial == right.watch.pointee.serial
  }

  /// Combines what identifies the object.
  ///
  /// - Complexity: O(1)
  public func hash(into hasher: inout Hasher) {
    hasher.combine(watch.pointee.serial)
  }
}

func hexadecimal(_ address: UnsafeRawPointer) -> String {
  "0x" + String(UInt(bitPattern: address), radix: 16)
}
