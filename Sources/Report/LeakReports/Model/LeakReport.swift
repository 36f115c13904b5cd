/// Everything that one snapshot of a heap shows: the JSON report (Documentation/Interface.md) as a value.
///
/// It is complete by itself: every other format is made from it, on any machine, without the
/// program. Scripts depend on its field names.
package struct LeakReport: Sendable, Hashable, Codable {
  /// The version that this code writes, and the newest that it reads.
  package static let currentSchemaVersion = 1

  package var schemaVersion: Int
  package var tool: Tool
  package var target: Target
  package var capture: Capture
  package var summary: Summary
  /// Leaked Swift class instances by type; see `LeakReport.LeakedType`.
  package var leakedTypes: [LeakedType]
  package var findings: [Finding]
  package var tests: [Test]
  /// All live objects by type, most bytes first.
  package var census: [CensusEntry]
  /// All tasks by what they do, most first.
  package var tasks: [TaskEntry] = []
  /// The answers to `--explain`.
  package var explanations: [Explanation]
  /// What the suppressions cover, one entry for each.
  package var suppressions: [SuppressionUse] = []
  /// What the baseline knows and this look did not find.
  package var fixed: [Baseline.Entry] = []
  /// All live blocks by call stack, where the user asked for them.
  package var stacks: [LiveStack] = []

  package init(
    tool: Tool,
    target: Target,
    capture: Capture,
    summary: Summary,
    leakedTypes: [LeakedType] = [],
    findings: [Finding] = [],
    tests: [Test] = [],
    census: [CensusEntry] = [],
    tasks: [TaskEntry] = [],
    explanations: [Explanation] = []
  ) {
    self.schemaVersion = Self.currentSchemaVersion
    self.tool = tool
    self.target = target
    self.capture = capture
    self.summary = summary
    self.leakedTypes = leakedTypes
    self.findings = findings
    self.tests = tests
    self.census = census
    self.tasks = tasks
    self.explanations = explanations
  }

  /// It can't be told what such a report means.
  struct UnknownSchemaVersion: Error { var version: Int }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    // First: nothing else of a newer report can be trusted to mean what it meant.
    schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
    guard (1...Self.currentSchemaVersion).contains(schemaVersion) else {
      throw UnknownSchemaVersion(version: schemaVersion)
    }
    tool = try container.decode(Tool.self, forKey: .tool)
    target = try container.decode(Target.self, forKey: .target)
    capture = try container.decode(Capture.self, forKey: .capture)
    summary = try container.decode(Summary.self, forKey: .summary)
    leakedTypes = try container.decode([LeakedType].self, forKey: .leakedTypes)
    findings = try container.decode([Finding].self, forKey: .findings)
    tests = try container.decode([Test].self, forKey: .tests)
    // Reports of version 0.1 don't have them.
    census = try container.decodeIfPresent([CensusEntry].self, forKey: .census) ?? []
    self.tasks = try container.decodeIfPresent([TaskEntry].self, forKey: .tasks) ?? []
    explanations =
      try container.decodeIfPresent([Explanation].self, forKey: .explanations) ?? []
    suppressions =
      try container.decodeIfPresent([SuppressionUse].self, forKey: .suppressions) ?? []
    fixed = try container.decodeIfPresent([Baseline.Entry].self, forKey: .fixed) ?? []
    stacks = try container.decodeIfPresent([LiveStack].self, forKey: .stacks) ?? []
  }
}
