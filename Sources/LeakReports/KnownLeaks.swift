internal import HeapAnalysis

/// Leaks of the toolchain's own libraries, which nobody who runs a program can mend.
///
/// A cycle is known where every one of its references is: so a cycle that leads through a type of the user's by
/// any other property is never hidden, nor is one that a known leak only holds.
package struct KnownLeaks: Sendable {
  /// One library's leak, as it was measured.
  package struct Entry: Sendable {
    /// What a report calls it.
    package var reason: String
    /// All the references that it consists of.
    package var references: [Reference]
  }

  /// A reference by the property that holds it, and the types at its ends: nil for any.
  package struct Reference: Sendable {
    package var from: Set<String>?
    package var via: String
    package var to: Set<String>?
  }

  /// The toolchain that the entries were measured with.
  package var version: String
  package var entries: [Entry]

  private static let runs: Set = ["XCTest.XCTestCaseRun", "XCTest.XCTestSuiteRun"]

  /// What the test frameworks leave behind, measured on an empty package and on tests that leak nothing.
  package static let testFrameworks = KnownLeaks(
    version: "6.3",
    entries: [
      // XCTest.testRun is XCTestRun.test's inverse, and both are strong.
      Entry(
        reason: "XCTest keeps every test case and test suite with its run",
        references: [
          Reference(from: nil, via: "testRun", to: runs),
          Reference(from: runs, via: "test", to: nil),
        ]
      )
    ]
  )

  /// The entry that covers a whole finding.
  func entry(for finding: LeakReport.Finding) -> Entry? {
    guard finding.kind == .retainCycle, !finding.path.isEmpty else { return nil }
    return entries.first { entry in
      finding.path.allSatisfy { step in entry.references.contains { $0.matches(step) } }
    }
  }
}

extension KnownLeaks.Reference {
  fileprivate func matches(_ step: LeakReport.Finding.Step) -> Bool {
    step.via == via && from?.contains(step.from) != false && to?.contains(step.to) != false
  }
}

extension LeakReport {
  /// Marks the findings that are known: they fail nothing, and are counted apart.
  package mutating func mark(_ known: KnownLeaks) {
    for index in findings.indices where findings[index].suppressedBy == nil {
      guard let entry = known.entry(for: findings[index]) else { continue }
      findings[index].suppressedBy = "known in Swift \(known.version): \(entry.reason)"
    }
    summary.suppressed = findings.count { $0.suppressedBy != nil }
  }
}
