extension LeakReport {
  /// The report in figures.
  ///
  /// An object is every block with Swift metadata: class instances, storage of collections, closure
  /// contexts, boxes and tasks. Bytes are those of all blocks, raw memory too.
  package struct Summary: Sendable, Hashable, Codable {
    package var liveObjects: Int
    package var liveBytes: Int
    /// Objects of the findings that `leakedTypes` counts.
    package var leakedObjects: Int
    package var leakedBytes: Int
    package var findings: Int
    package var suppressed: Int
    /// Objects whose strong count equals the references found to them.
    package var countsExplained: Int
    /// Objects with a greater count: something outside the heap owns them.
    package var countsUnexplained: Int
    /// Objects with a smaller count: Remnant misread a layout.
    package var countsNegative: Int
    /// Checks of the program's own tests that could not be decided; nil where there is none.
    package var undecided: Int?
    /// What the reader should know about the look itself, one sentence each.
    package var notes: [String]

    package init(
      liveObjects: Int = 0,
      liveBytes: Int = 0,
      leakedObjects: Int = 0,
      leakedBytes: Int = 0,
      findings: Int = 0,
      suppressed: Int = 0,
      countsExplained: Int = 0,
      countsUnexplained: Int = 0,
      countsNegative: Int = 0,
      notes: [String] = []
    ) {
      self.liveObjects = liveObjects
      self.liveBytes = liveBytes
      self.leakedObjects = leakedObjects
      self.leakedBytes = leakedBytes
      self.findings = findings
      self.suppressed = suppressed
      self.countsExplained = countsExplained
      self.countsUnexplained = countsUnexplained
      self.countsNegative = countsNegative
      self.notes = notes
    }
  }

  /// All leaked instances of one Swift class, with their own bytes.
  ///
  /// Counted are the instances of `retain-cycle`, `unbalanced-retain`, `unreachable` and
  /// `stuck-task` findings from `checked` on, in the cycle or owned by it, each once. The standard
  /// library's storage classes (`HeapType.Kind.collectionStorage`) are class instances too, but no
  /// user wrote one: they count in the bytes of their finding, not here.
  package struct LeakedType: Sendable, Hashable, Codable {
    /// Fully qualified, as `String(reflecting:)` prints it.
    package var type: String
    package var count: Int
    package var bytes: Int
  }

  /// Live blocks that one call stack allocated.
  package struct LiveStack: Sendable, Hashable, Codable {
    package var count: Int
    package var bytes: Int
    /// How many of both are leaked.
    package var leakedCount: Int
    package var leakedBytes: Int
    /// Functions, innermost first.
    package var frames: [String]
    /// Indices of the frames that are code of the system or the toolchain; nil in older reports.
    @NullEncoded package var libraryFrames: [Int]? = nil
  }

  /// What one test left behind.
  package struct Test: Sendable, Hashable, Codable {
    /// How the findings were assigned to the test.
    package enum Attribution: String, Sendable, Hashable, Codable {
      case tag, stack, rerun, none
    }

    /// `Suite/test()`.
    package var id: String
    package var attribution: Attribution
    /// Signatures of its findings.
    package var findings: [String]
    /// False where the process ended before anybody could look at what its tests left behind.
    package var wasExamined: Bool
    /// Signatures of findings that the test may have left behind, or another: it wasn't run alone.
    package var possibleFindings: [String] = []

    package init(
      id: String,
      attribution: Attribution,
      findings: [String],
      wasExamined: Bool = true
    ) {
      self.id = id
      self.attribution = attribution
      self.findings = findings
      self.wasExamined = wasExamined
    }

    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decode(String.self, forKey: .id)
      attribution = try container.decode(Attribution.self, forKey: .attribution)
      findings = try container.decode([String].self, forKey: .findings)
      wasExamined = try container.decodeIfPresent(Bool.self, forKey: .wasExamined) ?? true
      possibleFindings =
        try container.decodeIfPresent([String].self, forKey: .possibleFindings) ?? []
    }
  }
}
