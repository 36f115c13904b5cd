public import CWeakReferences

/// A list that refers weakly to its elements, in the order in which they were appended: an element leaves when it dies.
///
/// ```swift
/// let observers = WeakArray<Observer>()
/// observers.append(first)
/// observers.append(second)
/// for observer in observers { observer.notify() }
/// ```
///
/// An object may be in it more than once. It isn't a `Collection`, because its indices can change at any moment: see
/// ``subscript(_:)``.
public final class WeakArray<Element: AnyObject>: Sequence {
  @usableFromInline let table: WeakTable<Void>

  /// Makes an empty array.
  @inlinable
  public init() {
    table = WeakTable(ordered: true)
  }

  /// Makes an array of some objects.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(_ objects: some Sequence<Element>) {
    self.init()
    append(contentsOf: objects)
  }

  /// The number of live elements.
  ///
  /// - Complexity: O(1)
  @inlinable public var count: Int { table.count }

  /// Whether there is no live element.
  ///
  /// - Complexity: O(1)
  @inlinable public var isEmpty: Bool { count == 0 }

  /// The live elements in their order, strongly held.
  ///
  /// - Complexity: O(`count`)
  @inlinable public var elements: [Element] { Array(self) }

  /// The first live element, or nil.
  ///
  /// - Complexity: O(1) on average
  @inlinable public var first: Element? {
    table.lock()
    defer { table.unlock() }
    var slot = wr_table_any_live(table.storage)
    while let live = slot {
      if let object = table.object(of: live, as: Element.self) { return object }
      // Dying.
      slot = wr_table_live_from(table.storage, wr_slot_number(live) + 1)
    }
    return nil
  }

  /// The last live element, or nil.
  ///
  /// - Complexity: O(`count`)
  @inlinable public var last: Element? { elements.last }

  /// Adds an object at the end.
  ///
  /// One that is being deinitialized isn't added.
  ///
  /// - Complexity: O(1) on average
  @inlinable
  public func append(_ object: Element) {
    WeakReferences.collectIfDue()
    table.lock()
    _ = table.add(Unmanaged.passUnretained(object).toOpaque(), hash: 0, contents: ())
    table.unlock()
  }

  /// Adds objects at the end, one after the other; they may be this array's own.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func append(contentsOf objects: some Sequence<Element>) {
    for object in objects {
      append(object)
    }
  }

  /// Whether an object is an element.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func contains(_ object: Element) -> Bool {
    table.lock()
    defer { table.unlock() }
    return firstSlot(of: object) != nil
  }

  /// Removes the first element that is `object`, and says whether there was one.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  @discardableResult
  public func remove(_ object: Element) -> Bool {
    table.lock()
    defer { table.unlock() }
    guard let slot = firstSlot(of: object) else { return false }
    table.remove(slot)
    return true
  }

  /// Removes all elements that are there at the call, at once.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func removeAll() { table.removeAll() }

  @usableFromInline
  func firstSlot(of object: Element) -> UnsafeMutablePointer<wr_slot>? {
    let address = Unmanaged.passUnretained(object).toOpaque()
    var slot = wr_table_live_from(table.storage, 0)
    while let live = slot, live.pointee.record.object != wr_hide(address) {
      slot = wr_table_live_from(table.storage, wr_slot_number(live) + 1)
    }
    return slot
  }

  /// Goes over the live elements in their order, and holds none of them; those that are appended meanwhile aren't met.
  ///
  /// Until an iterator has come to the end or is released, the places of elements that die aren't used again.
  ///
  /// - Complexity: O(1)
  @inlinable
  public func makeIterator() -> WeakSet<Element>.Iterator { WeakSet<Element>.Iterator(table) }
}

extension WeakArray: @unchecked Sendable where Element: Sendable {}

extension WeakArray: CustomStringConvertible {
  /// The type and the number of elements: never the elements themselves.
  public var description: String { "WeakArray<\(Element.self)>(\(count))" }
}
