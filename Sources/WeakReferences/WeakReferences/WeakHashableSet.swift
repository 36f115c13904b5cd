public import CWeakReferences

/// A set that refers weakly to its elements, which are compared by `==`: an element leaves when it dies.
///
/// The hash of an element is stored, so an element must not change in a way that `==` sees. `==` and `hash(into:)` run
/// without any lock held, and may do anything with the set. If identity is enough, `WeakSet` is faster.
public final class WeakHashableSet<Element: AnyObject & Hashable>: WeakSetOperations {
  @usableFromInline typealias Table = WeakTable<Void>
  @usableFromInline let table: Table

  /// Makes an empty set.
  @inlinable
  public init() {
    table = WeakTable()
  }

  /// The number of live elements.
  ///
  /// - Complexity: O(1)
  @inlinable public var count: Int { table.count }

  /// Whether an element equals an object.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func contains(_ object: Element) -> Bool {
    let slot = table.lockAndFindObject(equalTo: object, hash: Table.hash(of: object))
    table.unlock()
    return slot != nil
  }

  /// Adds an object, and says whether it is new.
  ///
  /// Neither one that equals an element nor one that is being deinitialized is added.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func insert(_ object: Element) -> Bool {
    WeakReferences.collectIfDue()
    let hash = Table.hash(of: object)
    let slot = table.lockAndFindObject(equalTo: object, hash: hash)
    defer { table.unlock() }
    return slot == nil
      && table.add(Unmanaged.passUnretained(object).toOpaque(), hash: hash, contents: ()) == nil
  }

  /// Removes the element that equals an object and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1)
  @inlinable
  @discardableResult
  public func remove(_ object: Element) -> Element? {
    let slot = table.lockAndFindObject(equalTo: object, hash: Table.hash(of: object))
    let element: Element? = slot.flatMap {
      let element = table.object(of: $0, as: Element.self)
      table.remove($0)
      return element
    }
    table.unlock()
    return element
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
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> WeakSet<Element>.Iterator { WeakSet<Element>.Iterator(table) }
}

extension WeakHashableSet: @unchecked Sendable where Element: Sendable {}

extension WeakHashableSet: CustomStringConvertible {
  /// The type and the number of elements: never the elements themselves.
  public var description: String { "WeakHashableSet<\(Element.self)>(\(count))" }
}

extension WeakHashableSet: Equatable {
  /// Whether both have equal elements, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  public static func == (left: WeakHashableSet, right: WeakHashableSet) -> Bool {
    left.hasSameElements(as: right)
  }
}
