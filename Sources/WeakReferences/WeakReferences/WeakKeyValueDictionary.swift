internal import CWeakReferences

/// A dictionary that refers weakly to its keys, found by their identity, and to its values: an entry leaves when either
/// dies.
///
/// A value may refer to its own key without keeping the entry alive.
public final class WeakKeyValueDictionary<Key: AnyObject, Value: AnyObject>: WeakDictionary {
  let table: WeakTable<ValueWatch<Value>>

  /// Makes an empty dictionary.
  public init() {
    table = WeakTable()
  }

  /// The number of live entries.
  ///
  /// - Complexity: O(1)
  public var count: Int { table.count }

  /// The value of a key, or nil if it has none or a dead one.
  ///
  /// - Complexity: O(1)
  public subscript(key: Key) -> Value? {
    get {
      let address = Unmanaged.passUnretained(key).toOpaque()
      table.lock()
      defer { table.unlock() }
      return wr_table_find_object(table.storage, wr_address_hash(address), address)
        .flatMap { table.contents(of: $0).pointee.value }
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
  public func value(forKey key: Key, orInsert make: () throws -> Value) rethrows -> Value {
    if let value = self[key] { return value }
    let made = try make()
    return store(made, forKey: key, replacing: false) ?? made
  }

  /// Stores a value unless there is a live one that may not be replaced, and returns the one that was there.
  private func store(_ value: Value, forKey key: Key, replacing: Bool) -> Value? {
    WeakReferences.collectIfDue()
    let address = Unmanaged.passUnretained(key).toOpaque()
    let hash = wr_address_hash(address)
    let watch = ValueWatch<Value>(table: table, key: address)
    let isAlive = watch.start(value)
    table.lock()
    var old: Value?
    var replaced: ValueWatch<Value>?
    var refused: ValueWatch<Value>?
    let slot = wr_table_find_object(table.storage, hash, address)
    old = slot.flatMap { table.contents(of: $0).pointee.value }
    if replacing || old == nil {
      replaced = slot.map { table.remove($0) }
      refused = isAlive ? table.add(address, hash: hash, contents: watch) : nil
    }
    table.unlock()
    withExtendedLifetime((replaced, refused, watch, key)) {}
    return old
  }

  /// Removes an entry, and returns its value, or nil if there was none.
  ///
  /// - Complexity: O(1)
  @discardableResult
  public func removeValue(forKey key: Key) -> Value? {
    let address = Unmanaged.passUnretained(key).toOpaque()
    table.lock()
    let slot = wr_table_find_object(table.storage, wr_address_hash(address), address)
    let old = slot.flatMap { table.contents(of: $0).pointee.value }
    let watch = slot.map { table.remove($0) }
    table.unlock()
    withExtendedLifetime(watch) {}
    return old
  }

  /// Removes some live entry and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  public func popFirst() -> Element? {
    while let (key, watch) = table.popFirst(Key.self) {
      if let value = watch.value { return (key, value) }
    }
    return nil
  }

  /// Removes all entries that are there at the call, at once; their values are released after that.
  ///
  /// - Complexity: O(`count`)
  public func removeAll() { table.removeAll() }

  /// Goes over the live entries, and holds none of them.
  public struct Iterator: IteratorProtocol {
    fileprivate var base: WeakTableIterator<ValueWatch<Value>, Key>

    /// The next entry that is alive.
    ///
    /// - Complexity: O(1) on average
    public mutating func next() -> (key: Key, value: Value)? {
      while let (key, watch) = base.next() {
        if let value = watch.value { return (key, value) }
      }
      return nil
    }
  }

  /// Goes over the live entries, and holds none of them.
  ///
  /// - Complexity: O(1)
  public func makeIterator() -> Iterator { Iterator(base: WeakTableIterator(table)) }
}

/// Removes an entry when its value dies.
final class ValueWatch<Value: AnyObject>: DeathWatch, @unchecked Sendable {
  private weak let table: WeakTable<ValueWatch<Value>>?
  private let key: UnsafeMutableRawPointer

  init(table: WeakTable<ValueWatch<Value>>, key: UnsafeMutableRawPointer) {
    self.table = table
    self.key = key
    super.init(kind: wr_kind_container)
  }

  var value: Value? { object.map { unsafeDowncast($0, to: Value.self) } }

  override func forget(_ record: UnsafeMutablePointer<wr_record>) {
    guard let table else { return }
    table.lock()
    // The key may have another value by now, or its address be another object's.
    if let slot = wr_table_find_object(table.storage, wr_address_hash(key), key),
      table.contents(of: slot).pointee === self
    {
      _ = table.remove(slot)
    }
    table.unlock()
  }

  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) {}
}

extension WeakKeyValueDictionary: @unchecked Sendable where Key: Sendable, Value: Sendable {}

extension WeakKeyValueDictionary: CustomStringConvertible {
  /// The type and the number of entries: never their contents.
  public var description: String {
    "WeakKeyValueDictionary<\(Key.self), \(Value.self)>(\(count))"
  }
}

extension WeakKeyValueDictionary: Equatable where Value: Equatable {
  /// Whether both have equal values for the same keys, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (left: WeakKeyValueDictionary, right: WeakKeyValueDictionary) -> Bool {
    hasSameEntries(left, right)
  }
}
