/// Stands for an object without keeping it alive: its properties are the object's.
///
/// ```swift
/// let proxy = WeakProxy(account)
/// proxy.balance += 10                         // a property
/// try proxy.withObject { $0.deposit(10) }     // a method
/// ```
///
/// Using a property after the object died stops the program with a message; `object` and `withObject` throw
/// `ReferenceError.objectDied` instead. The object stays alive during each use. Copies are the same reference, and count
/// once.
@dynamicMemberLookup
public struct WeakProxy<Object: AnyObject> {
  /// The reference that this uses.
  public let reference: WeakRef<Object>

  /// Stands for `object`, and runs `callback` when it dies, as a `WeakRef` does.
  ///
  /// - Complexity: O(1)
  public init(_ object: Object, callback: WeakRef<Object>.Callback? = nil) {
    reference = WeakRef(object, callback: callback)
  }

  /// Whether the object still has strong references.
  ///
  /// - Complexity: O(1)
  public var isAlive: Bool { reference.isAlive }

  /// The object; throws `ReferenceError.objectDied` once it is dead.
  ///
  /// - Complexity: O(1)
  public var object: Object {
    get throws(ReferenceError) {
      guard let object = reference.object else { throw .objectDied }
      return object
    }
  }

  /// Calls `body` with the object, which lives until it returns.
  ///
  /// - Throws: `ReferenceError.objectDied` if it is dead, and what `body` throws.
  public func withObject<Result>(_ body: (Object) throws -> Result) throws -> Result {
    let object = try object
    return try withExtendedLifetime(object) { try body(object) }
  }

  /// A property of the object, which must be alive.
  public subscript<Value>(dynamicMember path: KeyPath<Object, Value>) -> Value {
    living[keyPath: path]
  }

  /// A property of the object, which must be alive.
  public subscript<Value>(dynamicMember path: ReferenceWritableKeyPath<Object, Value>) -> Value {
    get { living[keyPath: path] }
    nonmutating set { living[keyPath: path] = newValue }
  }

  private var living: Object {
    guard let object = reference.object else {
      fatalError("a WeakProxy<\(Object.self)> was used after its object was deallocated")
    }
    return object
  }
}

extension WeakProxy: Equatable {
  /// Whether both stand for the same object, dead or alive.
  public static func == (left: WeakProxy, right: WeakProxy) -> Bool {
    left.reference == right.reference
  }
}

extension WeakProxy: CustomStringConvertible {
  /// The description of the reference; runs no code of the object.
  public var description: String { "WeakProxy(\(reference))" }
}

extension WeakProxy: Sendable where Object: Sendable {}
