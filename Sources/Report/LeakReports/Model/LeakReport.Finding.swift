package import HeapAnalysis

extension LeakReport {
  /// One leak: all instances that share a signature.
  package struct Finding: Sendable, Hashable, Codable {
    /// Objects of one type that belong to the finding.
    package struct Member: Sendable, Hashable, Codable {
      /// What part they play.
      package enum Role: String, Sendable, Hashable, Codable {
        /// A member of the cycle itself.
        case cycle
        /// Kept alive by the cycle, or by the retain, and by nothing else.
        case owned
      }

      package var type: String
      package var count: Int
      package var bytes: Int
      package var role: Role
      /// True for a closure or a box of the toolchain's own, whose name doesn't say so; nil for anything else.
      package var toolchain: Bool?
    }

    /// What holds the path from outside the heap.
    package struct Root: Sendable, Hashable, Codable {
      /// `global`, `threadStack`, `register`, `threadLocal` or `mapping`; `static` for an object that
      /// is never freed, `deinit` for one whose `deinit` runs.
      package var kind: String
      package var name: String
      /// The function whose frame has the word.
      @NullEncoded package var location: Location?
    }

    /// Whether the baseline knows the finding.
    package enum Baseline: String, Sendable, Hashable, Codable {
      case new, known
    }

    package var signature: String
    package var kind: FindingKind
    package var confidence: Confidence
    /// What lowered the confidence, one sentence each.
    package var reasons: [String]
    /// Words of live memory that name a member without owning it; equal ones are told once.
    package var namedBy: [String]
    /// The type of the object that the finding is named after.
    package var type: String
    /// How many instances: cycles, or objects with an unbalanced retain.
    package var count: Int
    /// All bytes of all instances and what they own.
    package var bytes: Int
    /// The counts are those of the first instance's named object.
    package var strongCount: Int
    package var unownedCount: Int
    package var weakCount: Int
    package var exactCount: Int
    package var possibleCount: Int
    package var members: [Member]
    package var path: [Step]
    @NullEncoded package var root: Root?
    /// Where the members of the cycle, or the leaked objects, were allocated: those of `type`
    /// first, then by count.
    package var allocations: [Allocation]
    /// The functions that go on when a stuck task is resumed, innermost
    /// first, each with the place of its `await`; nil for other kinds.
    @NullEncoded package var suspendedIn: [Frame]?
    @NullEncoded package var hint: Hint?
    /// The suppression that covers it.
    @NullEncoded package var suppressedBy: String?
    /// nil where the report wasn't compared with a baseline.
    @NullEncoded package var baseline: Baseline?
    /// How many instances the configuration accepts; nil where it sets no limit.
    @NullEncoded package var limit: Int? = nil
    /// What version 0.1 gave the same finding, for its baselines; nil where it saw none.
    @NullEncoded package var formerSignature: String? = nil
    /// The tasks that wait for a stuck one; nil for other kinds.
    @NullEncoded package var waiters: [Waiter]? = nil
  }
}

extension LeakReport.Finding {
  /// Whether `leakedTypes` counts it: one of the four kinds of leak, from `checked` on.
  package var isLeak: Bool { kind.isLeak(at: confidence) }
}

extension FindingKind {
  /// Whether a finding of this kind is a leak when it is that sure.
  ///
  /// `survivor` and `growth` are
  /// held by somebody, and a `zombie` is no object any more.
  package func isLeak(at confidence: Confidence) -> Bool {
    switch self {
    case .retainCycle, .unbalancedRetain, .unreachable, .stuckTask: confidence >= .checked
    case .survivor, .zombie, .growth: false
    }
  }
}

extension Confidence {
  /// Whether this is at least as sure as another.
  static func >= (left: Confidence, right: Confidence) -> Bool {
    left.rank >= right.rank
  }

  private var rank: Int {
    switch self {
    case .possible: 0
    case .checked: 1
    case .proven: 2
    }
  }
}
