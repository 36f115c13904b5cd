extension LeakReport {
  /// What keeps the instances of a type alive (`--explain TYPE`).
  package struct Explanation: Sendable, Hashable, Codable {
    /// Instances that are held in the same way.
    package struct Holding: Sendable, Hashable, Codable {
      package var count: Int
      package var bytes: Int
      /// What holds the path from outside the heap.
      package var root: Finding.Root
      /// From the root to the instance that it was read of; of another instance the names are the
      /// same, and a chain of equal links can be longer.
      package var path: [Finding.Step]
      /// What the instances are called: a task by what it does.
      ///
      /// Nil in reports of version 0.1.
      @NullEncoded package var name: String? = nil
    }

    /// The type as it was asked for.
    package var query: String
    /// The types that it stands for; empty where none of them is alive.
    package var types: [String]
    package var count: Int
    package var bytes: Int
    /// How many of the instances are part of a finding.
    package var leaked: Int
    /// How many are owned, by their counts, and named by no word that was read.
    package var unnamed: Int
    /// Most instances first.
    package var holdings: [Holding]
    /// Live types that were perhaps meant.
    package var suggestions: [String]

    /// What there is to say where no instance is alive; nil where one is.
    package var missing: String? {
      guard types.isEmpty else { return nil }
      let names = suggestions.map { "'\($0)'" }
      let list =
        names.count > 1
        ? names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "") : names.first
      return "no live object has the type '\(query)'"
        + (list.map { "; did you mean \($0)?" } ?? "")
    }
  }

  /// Tasks that do the same.
  package struct TaskEntry: Sendable, Hashable, Codable {
    /// `suspended`, `running`, `enqueued`, or `finished`.
    package var state: String
    /// The function that goes on when a suspended task is resumed; of others, the one that made it.
    ///
    /// Nil where no symbol says.
    @NullEncoded package var function: String?
    @NullEncoded package var file: String?
    @NullEncoded package var line: Int?
    package var count: Int
    /// What a suspended task waits for.
    @NullEncoded package var wait: String?
    /// What keeps a finished task, where that is known: the group that nothing takes its result from.
    @NullEncoded package var holder: String?
  }

  /// The live objects of one type.
  package struct CensusEntry: Sendable, Hashable, Codable {
    /// Fully qualified; a description for what isn't a class.
    package var type: String
    package var count: Int
    /// Their own bytes, without what they refer to.
    package var bytes: Int
    /// How many of them are leaked: part of a finding that `leakedTypes` counts.
    package var leaked: Int
  }
}
