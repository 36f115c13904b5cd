/// What the weak sets have in common: the methods of `Set`.
///
/// They are safe to use from any thread, and each call on one element is atomic. Operations on whole sets go element by
/// element. Iterating goes over the elements that are alive when the iterator comes to them, and holds none of them; one
/// that is there all the time is met exactly once, one that comes meanwhile perhaps. Every iteration ends.
public protocol WeakSetOperations<Element>: AnyObject, Sequence where Element: AnyObject {
  /// Makes an empty set.
  init()

  /// The number of live elements.
  ///
  /// - Complexity: O(1)
  var count: Int { get }

  /// Whether an object is an element.
  ///
  /// - Complexity: O(1)
  func contains(_ object: Element) -> Bool

  /// Adds an object, and says whether it is new.
  ///
  /// - Complexity: O(1)
  @discardableResult
  func insert(_ object: Element) -> Bool

  /// Removes an element and returns it, or nil if it is none.
  ///
  /// - Complexity: O(1)
  @discardableResult
  func remove(_ object: Element) -> Element?

  /// Removes some live element and returns it, or nil if there is none.
  ///
  /// - Complexity: O(1) on average
  func popFirst() -> Element?

  /// Removes all elements that are there at the call, at once.
  ///
  /// - Complexity: O(`count`)
  func removeAll()
}

extension WeakSetOperations {
  /// Makes a set of some objects.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public init(_ objects: some Sequence<Element>) {
    self.init()
    formUnion(objects)
  }

  /// Whether there is no live element.
  ///
  /// - Complexity: O(1)
  @inlinable public var isEmpty: Bool { count == 0 }

  /// The live elements, strongly held.
  ///
  /// - Complexity: O(`count`)
  @inlinable public var elements: [Element] { Array(self) }

  /// Another set with the same elements.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func copy() -> Self { Self(self) }

  // MARK: - Changing

  /// Adds objects.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func formUnion(_ objects: some Sequence<Element>) {
    for object in objects {
      insert(object)
    }
  }

  /// Removes the elements that aren't among the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func formIntersection(_ objects: some Sequence<Element>) {
    let kept = Self(objects)
    for element in self where !kept.contains(element) {
      remove(element)
    }
  }

  /// Removes objects.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func subtract(_ objects: some Sequence<Element>) {
    for object in objects {
      remove(object)
    }
  }

  /// Removes the objects that are elements, and adds the others.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func formSymmetricDifference(_ objects: some Sequence<Element>) {
    // The objects may be this very set, or have duplicates.
    for object in Self(objects) where remove(object) == nil {
      insert(object)
    }
  }

  // MARK: - Making

  /// A set of the elements and the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func union(_ objects: some Sequence<Element>) -> Self {
    let result = copy()
    result.formUnion(objects)
    return result
  }

  /// A set of the elements that are among the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func intersection(_ objects: some Sequence<Element>) -> Self {
    Self(objects.lazy.filter(contains))
  }

  /// A set of the elements that aren't among the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func subtracting(_ objects: some Sequence<Element>) -> Self {
    let result = copy()
    result.subtract(objects)
    return result
  }

  /// A set of the elements that aren't among the objects, and the objects that aren't elements.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func symmetricDifference(_ objects: some Sequence<Element>) -> Self {
    let result = copy()
    result.formSymmetricDifference(objects)
    return result
  }

  // MARK: - Comparing

  /// Whether no object is an element.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func isDisjoint(with objects: some Sequence<Element>) -> Bool {
    !objects.contains(where: contains)
  }

  /// Whether all elements are among the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func isSubset(of objects: some Sequence<Element>) -> Bool {
    allSatisfy(Self(objects).contains)
  }

  /// Whether all objects are elements.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public func isSuperset(of objects: some Sequence<Element>) -> Bool {
    objects.allSatisfy(contains)
  }

  /// Whether all elements are among the objects, and some object isn't an element.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func isStrictSubset(of objects: some Sequence<Element>) -> Bool {
    let others = Self(objects)
    return livingCount < others.livingCount && allSatisfy(others.contains)
  }

  /// Whether all objects are elements, and some element isn't among the objects.
  ///
  /// - Complexity: O(`count` + *n*)
  @inlinable
  public func isStrictSuperset(of objects: some Sequence<Element>) -> Bool {
    Self(objects).isStrictSubset(of: self)
  }

  /// Whether both have the same elements, as they are found one after the other.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func hasSameElements(as other: Self) -> Bool {
    self === other || livingCount == other.livingCount && allSatisfy(other.contains)
  }

  /// `count`, which in lazy mode includes the dead, without them.
  @usableFromInline var livingCount: Int {
    WeakReferences.isLazy ? reduce(0) { count, _ in count + 1 } : count
  }
}
