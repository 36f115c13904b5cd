package import HeapGraph

/// What is wrong with a group of objects.
///
/// The raw values are those of reports: see Documentation/Interface.md.
package enum FindingKind: String, Sendable, Hashable, Codable, CaseIterable {
  case retainCycle = "retain-cycle"
  case unbalancedRetain = "unbalanced-retain"
  case unreachable
  case stuckTask = "stuck-task"
  case survivor
  case zombie
  case growth
}

/// How sure a finding is, from the least.
package enum Confidence: String, Sendable, Hashable, Codable, CaseIterable {
  case possible, checked, proven
}

extension Confidence: Comparable {
  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .possible: 0
    case .checked: 1
    case .proven: 2
    }
  }
}

/// One leak: all instances that share a signature.
package struct Finding: Sendable {
  /// One object, or one cycle with what it owns, of the group.
  package struct Instance: Sendable {
    /// The members of the cycle, or the one object whose retain is unbalanced.
    package var core: [NodeIndex]
    /// What only the core keeps alive.
    package var owned: [NodeIndex]

    package init(core: [NodeIndex], owned: [NodeIndex]) {
      self.core = core
      self.owned = owned
    }
  }

  /// One reference along the path of the representative instance.
  package struct Step: Sendable, Equatable {
    package var from: NodeIndex
    package var edge: Edge

    package init(from: NodeIndex, edge: Edge) {
      self.from = from
      self.edge = edge
    }
  }

  /// A word of live memory that still names a member without owning it.
  package struct Naming: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
      /// Index into `HeapGraph.roots`.
      case root(UInt32, address: UInt64)
      case edge(from: NodeIndex, Edge)
    }

    package var source: Source
    package var target: NodeIndex

    package init(source: Source, target: NodeIndex) {
      self.source = source
      self.target = target
    }
  }

  /// What to change, and the proof that it helps.
  package struct Hint: Sendable {
    package enum Change: Sendable, Equatable {
      /// Make these references weak (or unowned).
      case weaken
      /// Nothing but this reference owns its target: break the cycle by hand instead.
      case breakByHand
      /// A retain without its release.
      case balanceRetain
      /// A task that waits for what never comes.
      case resumeTask
      /// Memory was given back before what it held was released.
      case deinitialize
      /// What ends a library's object, as an imperative.
      case call(String)
    }

    package var change: Change
    /// Indices into `path`.
    package var steps: [Int]
    /// Why these references and no others, as a clause: "its target was allocated first".
    package var reason: String
    /// How many objects the analysis frees when it runs again without the references.
    package var frees: Int
    /// Whether that is the whole finding.
    package var isVerified: Bool
    /// References to change as well, which lie on other cycles through the same objects.
    package var extraSteps: [Step]
    /// How many of the freed objects are class instances.
    package var freesInstances: Int
    /// Another way, as an imperative: a call of the library whose object the cycle goes through.
    package var alternative: String?

    package init(
      change: Change,
      steps: [Int],
      reason: String,
      frees: Int,
      isVerified: Bool,
      extraSteps: [Step] = [],
      freesInstances: Int = 0
    ) {
      self.change = change
      self.steps = steps
      self.reason = reason
      self.frees = frees
      self.isVerified = isVerified
      self.extraSteps = extraSteps
      self.freesInstances = freesInstances
    }
  }

  /// Stable across runs, folders, machines and rebuilds of one configuration.
  package var signature: String
  /// What version 0.1 gave the same leak; nil where it saw none.
  package var formerSignature: String?
  package var kind: FindingKind
  package var confidence: Confidence
  /// What lowered the confidence, and what else the reader should know, one sentence each.
  package var reasons: [String]
  /// Never empty; the first one is the representative.
  package var instances: [Instance]
  /// For a cycle: from its first node back to it.
  ///
  /// For an unbalanced retain: empty, or the cycle that
  /// the object is also in.
  ///
  /// Repetitions along a cycle are left out: of a ring of ten thousand `Node.next` one step remains,
  /// from one node to another of the same type. So each step begins at a node of the type that the
  /// step before led to, and the last leads to the type of the first, but not always to the same
  /// objects.
  package var path: [Step]
  /// Where the path begins, for what a root holds.
  package var start: RootPaths.Start?
  /// The object that the finding is named after: the start of the path, or its end where a root holds it.
  package var subject: NodeIndex
  /// References to the subject in slots that the type says are strong.
  package var exactCount: Int
  /// `exactCount`, plus words that look like the subject in memory that no type describes.
  package var possibleCount: Int
  package var namings: [Naming]
  package var hint: Hint?
  /// The representative's task that waits for what never comes, as a position in `HeapGraph.tasks`.
  package var task: Int?
  /// The tasks of all instances that wait for theirs.
  package var waiters: [Int] = []

  package init(
    signature: String,
    kind: FindingKind,
    confidence: Confidence,
    reasons: [String],
    instances: [Instance],
    path: [Step],
    subject: NodeIndex,
    exactCount: Int,
    possibleCount: Int,
    namings: [Naming],
    hint: Hint?
  ) {
    self.signature = signature
    self.kind = kind
    self.confidence = confidence
    self.reasons = reasons
    self.instances = instances
    self.path = path
    self.subject = subject
    self.exactCount = exactCount
    self.possibleCount = possibleCount
    self.namings = namings
    self.hint = hint
  }
}

/// Everything that an analysis found out.
package struct HeapAnalysis: Sendable {
  package var findings: [Finding]
  /// Typed live objects whose strong count equals the exact references to them.
  package var countsExplained: Int
  /// Typed live objects with a greater count: something outside owns them.
  package var countsUnexplained: Int
  /// Typed live objects with a smaller count: our own reading of a layout is wrong.
  package var negative: [NodeIndex]
  /// What `explain(_:in:)` found out.
  package var explanations: [Explanation] = []

  package init(
    findings: [Finding],
    countsExplained: Int,
    countsUnexplained: Int,
    negative: [NodeIndex]
  ) {
    self.findings = findings
    self.countsExplained = countsExplained
    self.countsUnexplained = countsUnexplained
    self.negative = negative
  }
}
