/// What the weak dictionaries have in common.
///
/// All of them are safe to use from any thread, and each call is atomic. A sequence of calls isn't: another thread, or
/// a death, can change the dictionary between two of them.
///
/// Iterating goes over the entries that are alive when the iterator comes to them, and holds none of them: entries may
/// come and go meanwhile. An entry that is there all the time is met exactly once; one that comes meanwhile may be met.
/// Every iteration ends.
public protocol WeakDictionary<Key, Value>: AnyObject, Sequence
where Element == (key: Key, value: Value) {
  /// What entries are found by.
  associatedtype Key
  /// What is found.
  associatedtype Value

  /// Makes an empty dictionary.
  init()

  /// The number of live entries.
  ///
  /// - Complexity: O(1)
  var count: Int { get }

  /// The value of a key, or nil. Setting nil removes the entry.
  ///
  /// - Complexity: O(1)
  subscript(key: Key) -> Value? { get set }

  /// The value of a key; if there is none, `make`'s result, which is stored.
  ///
  /// `make` runs without any lock held, so two threads may both call it: all callers get the value that was stored first.
  ///
  /// - Complexity: O(1)
  func value(forKey key: Key, orInsert make: () throws -> Value) rethrows -> Value

  /// Stores a value, and returns the one that it replaces.
  ///
  /// - Complexity: O(1)
  @discardableResult
  func updateValue(_ value: Value, forKey key: Key) -> Value?

  /// Removes an entry, and returns its value, or nil if there was none.
  ///
  /// - Complexity: O(1)
  @discardableResult
  func removeValue(forKey key: Key) -> Value?

  /// Removes some live entry and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  func popFirst() -> Element?

  /// Removes all entries that are there at the call, at once; their values are released after that.
  ///
  /// - Complexity: O(`count`)
  func removeAll()
}

extension WeakDictionary {
  /// Makes a dictionary of pairs, among which later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public init(_ entries: some Sequence<(key: Key, value: Value)>) {
    self.init()
    for (key, value) in entries {
      updateValue(value, forKey: key)
    }
  }

  /// Makes a dictionary of pairs without labels, such as those of `zip`; later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  @_disfavoredOverload
  public init(_ entries: some Sequence<(Key, Value)>) {
    self.init()
    for (key, value) in entries {
      updateValue(value, forKey: key)
    }
  }

  /// Makes a dictionary of pairs whose keys are different: others stop the program, as in `Dictionary`.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public init(uniqueKeysWithValues entries: some Sequence<(Key, Value)>) {
    self.init()
    for (key, value) in entries {
      let earlier = updateValue(value, forKey: key)
      precondition(earlier == nil, "duplicate key")
    }
  }

  /// Makes a dictionary of pairs; `combine` says what becomes of the values that have the same key.
  ///
  /// - Throws: What `combine` throws.
  /// - Complexity: O(*n*)
  @inlinable
  public init(
    _ entries: some Sequence<(Key, Value)>,
    uniquingKeysWith combine: (Value, Value) throws -> Value
  ) rethrows {
    self.init()
    for (key, value) in entries {
      updateValue(try self[key].map { try combine($0, value) } ?? value, forKey: key)
    }
  }

  /// Whether there is no live entry.
  ///
  /// - Complexity: O(1)
  @inlinable public var isEmpty: Bool { count == 0 }

  /// Whether a key has a live value.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func contains(key: Key) -> Bool { self[key] != nil }

  /// The value of a key, or `fallback`, which reading doesn't store.
  ///
  /// Changing the value in place is two calls, a look-up and a store: another thread's change between them is lost.
  ///
  /// - Complexity: O(1)
  @inlinable
  public subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
    get { self[key] ?? fallback() }
    set { self[key] = newValue }
  }

  /// The keys of the live entries, strongly held.
  ///
  /// - Complexity: O(`count`)
  @inlinable public var keys: [Key] { map(\.key) }

  /// The values of the live entries, strongly held.
  ///
  /// - Complexity: O(`count`)
  @inlinable public var values: [Value] { map(\.value) }

  /// Stores all of `entries`; where there is a value, `combine` decides, without any lock held.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func merge(
    _ entries: some Sequence<(key: Key, value: Value)>,
    uniquingKeysWith combine: (_ current: Value, _ new: Value) throws -> Value
  ) rethrows {
    for (key, value) in entries {
      updateValue(try self[key].map { try combine($0, value) } ?? value, forKey: key)
    }
  }

  /// Stores all of `entries`, which win over what is there.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func merge(_ entries: some Sequence<(key: Key, value: Value)>) {
    merge(entries) { $1 }
  }

  /// A dictionary with the entries of both, among which `entries` win.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func merging(_ entries: some Sequence<(key: Key, value: Value)>) -> Self {
    let result = copy()
    result.merge(entries)
    return result
  }

  /// Another dictionary with the same entries.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func copy() -> Self { Self(self) }
}

extension WeakDictionary {
  /// `count`, which in lazy mode includes the dead, without them.
  var livingCount: Int { WeakReferences.isLazy ? reduce(0) { count, _ in count + 1 } : count }
}

func hasSameEntries<Entries: WeakDictionary>(_ left: Entries, _ right: Entries) -> Bool
where Entries.Value: Equatable {
  left === right
    || left.livingCount == right.livingCount && left.allSatisfy { right[$0.key] == $0.value }
}
