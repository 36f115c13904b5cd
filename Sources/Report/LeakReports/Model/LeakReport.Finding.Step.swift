package import HeapGraph

extension LeakReport.Finding {
  /// One reference of the path, as a person would name it.
  ///
  /// The storage of a standard collection is no step of its own: `Owner.children` → storage →
  /// element is the one step `children[]`.
  package struct Step: Sendable, Hashable, Codable {
    /// The referring object's type, or the closure: `closure #1 in Pet.bind()`.
    package var from: String
    /// The property, `capture self` where debug information names the capture, or `capture 0`.
    package var via: String
    package var ownership: Ownership
    package var to: String
    /// Whether a type describes the slot; otherwise the word only looks like a reference.
    package var exact: Bool
    /// The code of a closure that the reference goes to or comes from.
    @NullEncoded package var location: Location?
    /// Where a property holds a closure and `to` is what the closure
    /// captures (a closure that captures one object has no context of its own), the names of its
    /// captures as far as debug information knows them; nil otherwise.
    @NullEncoded package var captures: [String]?
    /// Where `via` is a variable in the memory of a suspended function, as debug information names it: that function.
    @NullEncoded package var variableOf: String? = nil
  }

  /// A place in the source.
  package struct Location: Sendable, Hashable, Codable {
    package var function: String
    @NullEncoded package var file: String?
    @NullEncoded package var line: Int?
  }
}
