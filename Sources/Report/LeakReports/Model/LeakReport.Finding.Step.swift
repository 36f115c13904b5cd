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
    /// An addition to the contract: where a property holds a closure and `to` is what the closure
    /// captures (a closure that captures one object has no context of its own), the names of its
    /// captures as far as debug information knows them; nil otherwise.
    @NullEncoded package var captures: [String]?
  }

  /// A place in the source.
  package struct Location: Sendable, Hashable, Codable {
    package var function: String
    @NullEncoded package var file: String?
    @NullEncoded package var line: Int?
  }

  /// What to change, and whether it was shown to help.
  package struct Hint: Sendable, Hashable, Codable {
    /// An imperative: "make `Pet.owner` weak".
    package var text: String
    /// Indices into `path`.
    package var edges: [Int]
    /// How many objects the analysis frees without those references.
    package var frees: Int
    /// Whether that is the whole finding.
    package var verified: Bool
    /// An addition to the contract: why these references and no others, as a clause.
    package var reason: String
    /// An addition to the contract: what the change is, for programs.
    package var change: Change

    package enum Change: String, Sendable, Hashable, Codable {
      case weaken
      case breakByHand = "break-by-hand"
      case balanceRetain = "balance-retain"
      case resumeTask = "resume-task"
      case deinitialize
      case call
    }
  }

  /// One call stack that allocated members.
  package struct Allocation: Sendable, Hashable, Codable {
    package var count: Int
    /// Innermost first; empty where no call stack was recorded.
    package var frames: [Frame]
    /// An addition to the contract: what was allocated there.
    package var type: String
    /// An addition to the contract: of all of them; nil in reports of older versions.
    @NullEncoded package var bytes: Int? = nil
  }

  /// Tasks that wait for a stuck one: a consequence, which goes with it.
  package struct Waiter: Sendable, Hashable, Codable {
    package var count: Int
    /// The function that waits.
    package var function: String
    @NullEncoded package var file: String?
    @NullEncoded package var line: Int?
    /// What it waits for: "the tasks of its group".
    @NullEncoded package var wait: String?
  }

  /// One frame of a call stack.
  package struct Frame: Sendable, Hashable, Codable {
    package var function: String
    @NullEncoded package var file: String? = nil
    @NullEncoded package var line: Int? = nil
    package var image: String
    /// An addition to the contract.
    @NullEncoded package var column: Int? = nil
    /// An addition to the contract: code of the system or the toolchain, which a reader folds.
    package var library: Bool
  }
}
