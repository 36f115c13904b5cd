public import CWeakReferences

/// A dictionary that refers weakly to its values: an entry leaves when its value dies.
///
/// ```swift
/// let images = WeakValueDictionary<String, Image>()
/// let image = images.value(forKey: "cat") { Image(named: "cat") }
/// ```
///
/// An entry is gone, and its key released, before the dead value's `deinit` and before any callback runs. (In lazy mode:
/// at the next collection, while look-ups behave as if it were gone.)
///
/// A value that is only in here dies at once: keep what is stored.
public final class WeakValueDictionary<Key: Hashable, Value: AnyObject>: WeakDictionary {
  @usableFromInline typealias Table = WeakTable<Key>
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

  /// The value of a key, or nil if it has none or a dead one.
  ///
  /// - Complexity: O(1)
  @inlinable public subscript(key: Key) -> Value? {
    get {
      let hash = Table.hash(of: key)
      table.lock()
      var position = wr_table_start(table.storage, hash)
      guard let slot = wr_table_next(table.storage, hash, &position) else {
        table.unlock()
        return nil
      }
      // The first entry with the hash is nearly always the one: no need to come back for it.
      let candidate = table.contents(of: slot).pointee
      let value = table.object(of: slot, as: Value.self)
      table.unlock()
      return candidate == key ? value : valueAmongCollisions(of: key, hash: hash)
    }
    set {
      if let newValue {
        updateValue(newValue, forKey: key)
      } else {
        removeValue(forKey: key)
      }
    }
  }

  @usableFromInline
  func valueAmongCollisions(of key: Key, hash: UInt32) -> Value? {
    let slot = find(key, hash: hash)
    defer { table.unlock() }
    return slot.flatMap { table.object(of: $0) }
  }

  /// Finds the entry of a key, and leaves the lock held.
  @inlinable
  func find(_ key: Key, hash: UInt32) -> Table.Slot? {
    table.lockAndFind(
      hash: hash,
      candidate: { table.contents(of: $0).pointee },
      matches: { $0 == key }
    )
  }

  /// Stores a value, and returns the one that it replaces.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func updateValue(_ value: Value, forKey key: Key) -> Value? {
    WeakReferences.collectIfDue()
    let hash = Table.hash(of: key)
    let slot = find(key, hash: hash)
    let old: Value? = slot.flatMap { table.object(of: $0) }
    let oldKey = slot.map { table.remove($0) }
    let refused = table.add(Unmanaged.passUnretained(value).toOpaque(), hash: hash, contents: key)
    table.unlock()
    withExtendedLifetime((oldKey, refused, value)) {}
    return old
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
    WeakReferences.collectIfDue()
    let hash = Table.hash(of: key)
    let slot = find(key, hash: hash)
    if let slot, let winner: Value = table.object(of: slot) {
      table.unlock()
      return winner
    }
    let oldKey = slot.map { table.remove($0) }
    let refused = table.add(Unmanaged.passUnretained(made).toOpaque(), hash: hash, contents: key)
    table.unlock()
    withExtendedLifetime((oldKey, refused)) {}
    return made
  }

  /// Removes an entry, and returns its value, or nil if there was none.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func removeValue(forKey key: Key) -> Value? {
    let slot = find(key, hash: Table.hash(of: key))
    let old: Value? = slot.flatMap { table.object(of: $0) }
    let oldKey = slot.map { table.remove($0) }
    table.unlock()
    withExtendedLifetime(oldKey) {}
    return old
  }

  /// Removes some live entry and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  public func popFirst() -> Element? {
    table.popFirst(Value.self).map { (key: $0.contents, value: $0.object) }
  }

  /// Removes all entries that are there at the call, at once; their values are released after that.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func removeAll() { table.removeAll() }

  /// Weak references to the live values.
  ///
  /// - Complexity: O(`count`)
  public var valueReferences: [WeakRef<Value>] { map { WeakRef($0.value) } }

  /// Goes over the live entries, and holds none of them.
  public struct Iterator: IteratorProtocol {
    @usableFromInline var base: WeakTableIterator<Key, Value>

    @inlinable
    init(_ table: Table) {
      base = WeakTableIterator(table)
    }

    /// The next entry that is alive.
    ///
    /// - Complexity: O(1) on average
    @inlinable
    public mutating func next() -> (key: Key, value: Value)? {
      // Not by `map`, which would count the value once more.
      guard let entry = base.next() else { return nil }
      return (key: entry.contents, value: entry.object)
    }
  }

  /// Goes over the live entries, and holds none of them.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> Iterator { Iterator(table) }
}

extension WeakValueDictionary: @unchecked Sendable where Key: Sendable, Value: Sendable {}

extension WeakValueDictionary: CustomStringConvertible {
  /// The type and the number of entries: never their contents.
  public var description: String {
    "WeakValueDictionary<\(Key.self), \(Value.self)>(\(count))"
  }
}

extension WeakValueDictionary: Equatable where Value: Equatable {
  /// Whether both have equal values for equal keys, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (left: WeakValueDictionary, right: WeakValueDictionary) -> Bool {
    hasSameEntries(left, right)
  }
}
