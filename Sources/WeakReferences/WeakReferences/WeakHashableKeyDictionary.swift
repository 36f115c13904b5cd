public import CWeakReferences

/// A dictionary that refers weakly to its keys, which are found by their `==`: an entry leaves when its key dies.
///
/// An equal but different object finds the entry, as in Python; the entry lives as long as the key that it was stored
/// with. The hash of a key is stored, so a key must not change in a way that `==` sees. `==` and `hash(into:)` run without
/// any lock held, and may do anything with the dictionary.
///
/// If identity is enough, `WeakKeyDictionary` is faster.
public final class WeakHashableKeyDictionary<Key: AnyObject & Hashable, Value>: WeakDictionary {
  @usableFromInline typealias Table = WeakTable<Value>
  @usableFromInline let table: Table

  /// Makes an empty dictionary.
  @inlinable
  public init() {
    table = WeakTable()
  }

  /// The number of live entries.
  ///
  /// - Complexity: O(1)
  @inlinable public var count: Int { table.count }

  /// Finds the entry of an equal key, and leaves the lock held.
  @inlinable
  func find(_ key: Key, hash: UInt32) -> Table.Slot? {
    table.lockAndFindObject(equalTo: key, hash: hash)
  }

  /// The value of a key, or nil.
  ///
  /// - Complexity: O(1)
  @inlinable public subscript(key: Key) -> Value? {
    get {
      let slot = find(key, hash: Table.hash(of: key))
      defer { table.unlock() }
      return slot.map { table.contents(of: $0).pointee }
    }
    set {
      if let newValue {
        updateValue(newValue, forKey: key)
      } else {
        removeValue(forKey: key)
      }
    }
  }

  /// Stores a value, and returns the one that it replaces.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func updateValue(_ value: Value, forKey key: Key) -> Value? {
    store(value, forKey: key, replacing: true)
  }

  /// The value of a key; if there is none, `make`'s result, which is stored.
  ///
  /// `make` runs without any lock held, so two threads may both call it: all callers get the value that was stored first.
  ///
  /// - Throws: What `make` throws; nothing is stored then.
  /// - Complexity: O(1)
  @inlinable
  public func value(forKey key: Key, orInsert make: () throws -> Value) rethrows -> Value {
    if let value = self[key] { return value }
    let made = try make()
    return store(made, forKey: key, replacing: false) ?? made
  }

  /// Stores a value unless there is one that may not be replaced, and returns the one that was there.
  @inlinable
  func store(_ value: Value, forKey key: Key, replacing: Bool) -> Value? {
    WeakReferences.collectIfDue()
    let hash = Table.hash(of: key)
    var old: Value?
    var refused: Value?
    if let slot = find(key, hash: hash) {
      let place = table.contents(of: slot)
      old = place.pointee
      if replacing {
        place.pointee = value
      }
    } else {
      refused = table.add(Unmanaged.passUnretained(key).toOpaque(), hash: hash, contents: value)
    }
    table.unlock()
    withExtendedLifetime((refused, key)) {}
    return old
  }

  /// Removes an entry, and returns its value, or nil if there was none.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func removeValue(forKey key: Key) -> Value? {
    let slot = find(key, hash: Table.hash(of: key))
    defer { table.unlock() }
    return slot.map { table.remove($0) }
  }

  /// Removes some live entry and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  public func popFirst() -> Element? {
    table.popFirst(Key.self).map { (key: $0.object, value: $0.contents) }
  }

  /// Removes all entries that are there at the call, at once; their values are released after that.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func removeAll() { table.removeAll() }

  /// Weak references to the live keys.
  ///
  /// - Complexity: O(`count`)
  public var keyReferences: [WeakRef<Key>] { map { WeakRef($0.key) } }

  /// Goes over the live entries, and holds none of them.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> WeakKeyDictionary<Key, Value>.Iterator {
    WeakKeyDictionary<Key, Value>.Iterator(table)
  }
}

extension WeakHashableKeyDictionary: @unchecked Sendable where Key: Sendable, Value: Sendable {}

extension WeakHashableKeyDictionary: CustomStringConvertible {
  /// The type and the number of entries: never their contents.
  public var description: String {
    "WeakHashableKeyDictionary<\(Key.self), \(Value.self)>(\(count))"
  }
}

extension WeakHashableKeyDictionary: Equatable where Value: Equatable {
  /// Whether both have equal values for equal keys, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (
    left: WeakHashableKeyDictionary,
    right: WeakHashableKeyDictionary
  ) -> Bool {
    hasSameEntries(left, right)
  }
}

extension WeakTable {
  /// Takes the lock, and finds the entry whose object equals one; compares without the lock.
  @inlinable
  func lockAndFindObject<Object: AnyObject & Hashable>(
    equalTo object: Object,
    hash: UInt32
  ) -> Slot? {
    lockAndFind(
      hash: hash,
      candidate: { self.object(of: $0, as: Object.self) },
      matches: { $0 === object || $0 == object }
    )
  }
}
