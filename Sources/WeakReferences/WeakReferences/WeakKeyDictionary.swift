public import CWeakReferences

/// A dictionary that refers weakly to its keys, which are found by their identity: an entry leaves when its key dies.
///
/// ```swift
/// let titles = WeakKeyDictionary<Window, String>()
/// titles[window] = "Untitled"
/// ```
///
/// An entry is gone before the dead key's `deinit` and before any callback runs, and its value is released there. (In
/// lazy mode: at the next collection.)
///
/// A value that refers strongly to its own key, directly or not, keeps the entry forever, as in Python.
public final class WeakKeyDictionary<Key: AnyObject, Value>: WeakDictionary {
  @usableFromInline let table: WeakTable<Value>

  /// Makes an empty dictionary.
  @inlinable
  public init() {
    table = WeakTable()
  }

  /// The number of live entries.
  ///
  /// - Complexity: O(1)
  @inlinable public var count: Int { table.count }

  /// The value of a key, or nil.
  ///
  /// - Complexity: O(1)
  @inlinable public subscript(key: Key) -> Value? {
    get {
      let address = Unmanaged.passUnretained(key).toOpaque()
      table.lock()
      defer { table.unlock() }
      return wr_table_find_object(table.storage, wr_address_hash(address), address)
        .map { table.contents(of: $0).pointee }
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
    let address = Unmanaged.passUnretained(key).toOpaque()
    let hash = wr_address_hash(address)
    table.lock()
    var old: Value?
    var refused: Value?
    if let slot = wr_table_find_object(table.storage, hash, address) {
      let place = table.contents(of: slot)
      old = place.pointee
      if replacing {
        place.pointee = value
      }
    } else {
      refused = table.add(address, hash: hash, contents: value)
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
    let address = Unmanaged.passUnretained(key).toOpaque()
    table.lock()
    defer { table.unlock() }
    return wr_table_find_object(table.storage, wr_address_hash(address), address)
      .map { table.remove($0) }
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
  public struct Iterator: IteratorProtocol {
    @usableFromInline var base: WeakTableIterator<Value, Key>

    @inlinable
    init(_ table: WeakTable<Value>) {
      base = WeakTableIterator(table)
    }

    /// The next entry that is alive.
    ///
    /// - Complexity: O(1) on average
    @inlinable
    public mutating func next() -> (key: Key, value: Value)? {
      base.next().map { (key: $0.object, value: $0.contents) }
    }
  }

  /// Goes over the live entries, and holds none of them.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> Iterator { Iterator(table) }
}

extension WeakKeyDictionary: @unchecked Sendable where Key: Sendable, Value: Sendable {}

extension WeakKeyDictionary: CustomStringConvertible {
  /// The type and the number of entries: never their contents.
  public var description: String { "WeakKeyDictionary<\(Key.self), \(Value.self)>(\(count))" }
}

extension WeakKeyDictionary: Equatable where Value: Equatable {
  /// Whether both have equal values for the same keys, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (left: WeakKeyDictionary, right: WeakKeyDictionary) -> Bool {
    hasSameEntries(left, right)
  }
}
