// As with Swift's own collections. What a literal alone holds is gone when its expression is over.

extension WeakArray: ExpressibleByArrayLiteral {
  /// Makes an array of the objects of a literal.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(arrayLiteral objects: Element...) { self.init(objects) }
}

extension WeakSet: ExpressibleByArrayLiteral {
  /// Makes a set of the objects of a literal.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(arrayLiteral objects: Element...) { self.init(objects) }
}

extension WeakHashableSet: ExpressibleByArrayLiteral {
  /// Makes a set of the objects of a literal.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(arrayLiteral objects: Element...) { self.init(objects) }
}

extension WeakValueDictionary: ExpressibleByDictionaryLiteral {
  /// Makes a dictionary of the entries of a literal, among which later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(dictionaryLiteral entries: (Key, Value)...) { self.init(entries) }
}

extension WeakKeyDictionary: ExpressibleByDictionaryLiteral {
  /// Makes a dictionary of the entries of a literal, among which later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(dictionaryLiteral entries: (Key, Value)...) { self.init(entries) }
}

extension WeakHashableKeyDictionary: ExpressibleByDictionaryLiteral {
  /// Makes a dictionary of the entries of a literal, among which later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(dictionaryLiteral entries: (Key, Value)...) { self.init(entries) }
}

extension WeakKeyValueDictionary: ExpressibleByDictionaryLiteral {
  /// Makes a dictionary of the entries of a literal, among which later ones win.
  ///
  /// - Complexity: O(*n*)
  @inlinable
  public convenience init(dictionaryLiteral entries: (Key, Value)...) { self.init(entries) }
}
