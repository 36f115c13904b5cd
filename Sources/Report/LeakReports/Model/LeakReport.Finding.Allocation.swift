extension LeakReport.Finding {
  /// One call stack that allocated members.
  package struct Allocation: Sendable, Hashable, Codable {
    package var count: Int
    /// Innermost first; empty where no call stack was recorded.
    package var frames: [Frame]
    /// What was allocated there.
    package var type: String
    /// Of all of them; nil in reports of older versions.
    @NullEncoded package var bytes: Int? = nil
  }

  /// One frame of a call stack.
  package struct Frame: Sendable, Hashable, Codable {
    package var function: String
    @NullEncoded package var file: String? = nil
    @NullEncoded package var line: Int? = nil
    package var image: String
    /// From 1, in bytes; nil where it isn't known.
    @NullEncoded package var column: Int? = nil
    /// Code of the system or the toolchain, which a reader folds.
    package var library: Bool
    /// Of a suspended function: its variables that refer to objects, as far as debug information says; absent elsewhere.
    package var variables: [Variable]? = nil
  }

  /// A variable of a suspended function, and the type of the object that it refers to.
  package struct Variable: Sendable, Hashable, Codable {
    package var name: String
    package var type: String

    package init(name: String, type: String) {
      self.name = name
      self.type = type
    }
  }
}
