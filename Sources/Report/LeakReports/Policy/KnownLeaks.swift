internal import HeapAnalysis
internal import HeapGraph

/// Leaks of the toolchain's own libraries, which nobody who runs a program can mend.
///
/// A cycle is known where every one of its references is: so a cycle that leads through a type of the user's by
/// any other property is never hidden, nor is one that a known leak only holds. Objects are known where they keep nothing
/// of the user's alive.
package struct KnownLeaks: Sendable {
  /// One library's leak, as it was measured.
  package struct Entry: Sendable {
    /// What a report calls it.
    package var reason: String
    /// All the references of a cycle.
    package var references: [Reference] = []
    /// Objects that nobody releases.
    package var objects: Objects?
  }

  /// Objects that are retained once too often, with nothing but the toolchain's own behind them: one that keeps an object
  /// of the user's alive is the user's business.
  package struct Objects: Sendable {
    package var type: String
    /// A function of the library on all of their call stacks; nil for any.
    package var function: String?
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

  /// What the libraries leave behind in any program: each is told, with a program that shows it, in
  /// `Documentation/TrueLeaks.md`.
  package static let libraries = KnownLeaks(
    version: "6.3",
    entries: [
      Entry(
        reason: "Foundation never frees a Timer",
        objects: Objects(type: "Foundation.Timer")
      ),
      Entry(
        reason: "Foundation never frees the attributes of an NSAttributedString",
        objects: Objects(type: "Foundation.__NSCFType", function: "CFRunArrayCreate")
      ),
      Entry(
        reason: "FoundationXML leaks a string at each error of a parser",
        objects: Objects(
          type: "Foundation._NSCFString",
          function: "_CFErrorCreateFromXMLInterface"
        )
      ),
    ]
      + ["XMLDocument", "XMLNode", "XMLElement", "XMLDTD", "XMLDTDNode"].map { name in
        Entry(
          reason: "FoundationXML never frees an \(name)",
          objects: Objects(type: "FoundationXML.\(name)")
        )
      }
  )

  /// The entry that covers a whole finding.
  func entry(for finding: LeakReport.Finding) -> Entry? {
    switch finding.kind {
    case .retainCycle:
      guard !finding.path.isEmpty else { return nil }
      return entries.first { entry in
        finding.path.allSatisfy { step in entry.references.contains { $0.matches(step) } }
      }
    case .unbalancedRetain, .unreachable:
      return finding.keepsOwnObjects ? nil : cause(of: finding)
    case .stuckTask, .survivor, .zombie, .growth: return nil
    }
  }

  /// The entry of the objects that a finding is named after, whatever they keep alive.
  func cause(of finding: LeakReport.Finding) -> Entry? {
    entries.first { $0.objects?.areNamed(in: finding) == true }
  }
}

extension LeakReport.Finding {
  /// Whether objects of the user's hang on it.
  ///
  /// A class's module says whose it is; a closure's context and a box are whose code made them.
  fileprivate var keepsOwnObjects: Bool {
    members.contains { member in
      member.type != HeapType.raw.name && member.toolchain != true
        && !HeapType(kind: .classInstance, name: member.type).isOfToolchain
    }
  }
}

extension KnownLeaks.Objects {
  fileprivate func areNamed(in finding: LeakReport.Finding) -> Bool {
    guard [.unbalancedRetain, .unreachable].contains(finding.kind), finding.type == type else {
      return false
    }
    guard let function else { return true }
    return finding.allocations.filter { $0.type == type }.allSatisfy { allocation in
      allocation.frames.contains { $0.library && $0.function == function }
    }
  }
}

extension KnownLeaks.Reference {
  fileprivate func matches(_ step: LeakReport.Finding.Step) -> Bool {
    step.via == via && from?.contains(step.from) != false && to?.contains(step.to) != false
  }
}

extension LeakReport {
  /// Marks findings that the program itself accepts, by their signatures.
  package mutating func accept(_ signatures: Set<String>) {
    for index in findings.indices where signatures.contains(findings[index].signature) {
      findings[index].suppressedBy = "accepted by a test: knownLeak or withLeakChecks"
    }
    summary.suppressed = findings.count { $0.suppressedBy != nil }
    order()
  }

  /// Marks the findings that are known: they fail nothing, and are counted apart.
  package mutating func mark(_ known: KnownLeaks) {
    for index in findings.indices where findings[index].suppressedBy == nil {
      if let entry = known.entry(for: findings[index]) {
        findings[index].suppressedBy = "known in Swift \(known.version): \(entry.reason)"
      } else if let entry = known.cause(of: findings[index]) {
        // Nobody can balance the library's retain.
        findings[index].hint = Finding.Hint(
          text:
            "hold your objects weakly in `\(findings[index].type)`: what it refers to is never freed",
          edges: [],
          frees: 0,
          verified: false,
          reason: entry.reason,
          change: .breakByHand
        )
      }
    }
    summary.suppressed = findings.count { $0.suppressedBy != nil }
    order()
  }
}

extension LeakReport.Finding.Hint {
  /// What is to be done by hand about one reference of the path.
  package static func byHand(_ text: String, edge: Int, because reason: String) -> Self {
    Self(
      text: text,
      edges: [edge],
      frees: 0,
      verified: false,
      reason: reason,
      change: .breakByHand
    )
  }
}
