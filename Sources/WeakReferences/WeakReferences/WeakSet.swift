public import CWeakReferences

/// A set that refers weakly to its elements, which are compared by identity: an element leaves when it dies.
///
/// ```swift
/// let listeners = WeakSet<Listener>()
/// listeners.insert(listener)
/// for listener in listeners { listener.notify() }
/// ```
///
/// It has the methods of `Set`, and doesn't conform to `SetAlgebra`: what it contains changes between two calls.
public final class WeakSet<Element: AnyObject>: WeakSetOperations {
  @usableFromInline let table: WeakTable<Void>

  /// Makes an empty set.
  @inlinable
  public init() {
    table = WeakTable()
  }

  /// The number of live elements.
  ///
  /// - Complexity: O(1)
  @inlinable public var count: Int { table.count }

  /// Whether an object is an element.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func contains(_ object: Element) -> Bool {
    let address = Unmanaged.passUnretained(object).toOpaque()
    table.lock()
    defer { table.unlock() }
    return wr_table_find_object(table.storage, wr_address_hash(address), address) != nil
  }

  /// Adds an object, and says whether it is new.
  ///
  /// One that is being deinitialized isn't added.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func insert(_ object: Element) -> Bool {
    WeakReferences.collectIfDue()
    let address = Unmanaged.passUnretained(object).toOpaque()
    let hash = wr_address_hash(address)
    table.lock()
    defer { table.unlock() }
    return wr_table_find_object(table.storage, hash, address) == nil
      && table.add(address, hash: hash, contents: ()) == nil
  }

  /// Removes an element and returns it, or nil if it is none.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func remove(_ object: Element) -> Element? {
    let address = Unmanaged.passUnretained(object).toOpaque()
    table.lock()
    defer { table.unlock() }
    return wr_table_find_object(table.storage, wr_address_hash(address), address).map {
      table.remove($0)
      return object
    }
  }

  /// Removes some live element and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  public func popFirst() -> Element? { table.popFirst()?.object }

  /// Removes all elements that are there at the call, at once.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func removeAll() { table.removeAll() }

  /// Goes over the live elements, and holds none of them.
  public struct Iterator: IteratorProtocol {
    @usableFromInline var base: WeakTableIterator<Void, Element>

    @inlinable
    init(_ table: WeakTable<Void>) {
      base = WeakTableIterator(table)
    }

    /// The next element that is alive.
    ///
    /// - Complexity: O(1) on average
    @inlinable
    public mutating func next() -> Element? { base.next()?.object }
  }

  /// Goes over the live elements, and holds none of them.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> Iterator { Iterator(table) }
}

extension WeakSet: @unchecked Sendable where Element: Sendable {}

extension WeakSet: CustomStringConvertible {
  /// The type and the number of elements: never the elements themselves.
  public var description: String { "WeakSet<\(Element.self)>(\(count))" }
}

extension WeakSet: Equatable {
  /// Whether both have the same elements, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (left: WeakSet, right: WeakSet) -> Bool { left.hasSameElements(as: right) }
}
