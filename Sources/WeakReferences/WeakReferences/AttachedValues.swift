/// A stored property that is added to objects of any class: a value lives as long as its object.
///
/// ```swift
/// let notes = AttachedValues<String>()
/// notes[request] = "retried"
/// ```
///
/// A value that refers strongly to its own object keeps both alive forever.
public struct AttachedValues<Value> {
  private let values = WeakKeyDictionary<AnyObject, Value>()

  /// Creates a property without values.
  public init() {}

  /// The value of an object, or nil.
  ///
  /// - Complexity: O(1)
  public subscript(object: AnyObject) -> Value? {
    get { values[object] }
    nonmutating set { values[object] = newValue }
  }

  /// The value of an object; if it has none, `make`'s result, which it then has.
  ///
  /// `make` runs without any lock held, so two threads may both call it: all callers get the value that was stored first.
  ///
  /// - Throws: What `make` throws; nothing is stored then.
  /// - Complexity: O(1)
  public func value(for object: AnyObject, orInsert make: () throws -> Value) rethrows -> Value {
    try values.value(forKey: object, orInsert: make)
  }

  /// Removes the values of all objects.
  ///
  /// - Complexity: O(`count`)
  public func removeAll() { values.removeAll() }

  /// The number of living objects that have a value.
  ///
  /// - Complexity: O(1)
  public var count: Int { values.count }
}

// An object is only a key here, and never handed out.
extension AttachedValues: @unchecked Sendable where Value: Sendable {}
