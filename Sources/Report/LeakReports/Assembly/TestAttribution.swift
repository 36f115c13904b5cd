/// Says which test left a finding behind, by the call stacks of what is leaked.
package struct TestAttribution: Sendable {
  /// A test as its framework names it.
  package struct Test: Sendable, Hashable {
    /// `Module.Suite/test()`, or `Module.Case/test` for XCTest.
    package var id: String
    /// The last part of the path of its source file; nil where that isn't known.
    package var file: String?

    package init(id: String, file: String? = nil) {
      self.id = id
      self.file = file
    }

    /// How call stacks name its function: without the module, and with parentheses.
    var function: String {
      var name = id
      // A module's name has no dot, a suite's path in it has: `Module.Outer/Inner/test()`.
      if let dot = name.firstIndex(of: ".") { name = String(name[name.index(after: dot)...]) }
      name = components(ofTest: name).joined(separator: ".")
      return name.hasSuffix(")") ? name : name + "()"
    }
  }

  private let testsByFunction: [String: [Test]]

  package init(_ tests: [Test]) {
    testsByFunction = Dictionary(grouping: tests, by: \.function)
  }

  /// The tests in whose functions the finding's objects were allocated, in order; empty where no call stack says it.
  package func tests(of finding: LeakReport.Finding) -> [String] {
    var ids: [String] = []
    for allocation in finding.allocations {
      guard let test = test(in: allocation.frames), !ids.contains(test.id) else { continue }
      ids.append(test.id)
    }
    return ids
  }

  /// Whether every call stack of the finding's own type is a test's.
  func knowsAll(of finding: LeakReport.Finding) -> Bool {
    let own = finding.allocations.filter { $0.type == finding.type }
    return !own.isEmpty && own.allSatisfy { test(in: $0.frames) != nil }
  }

  /// The outermost frame that is a test's: what a test calls may have the name of another.
  private func test(in frames: [LeakReport.Finding.Frame]) -> Test? {
    for frame in frames.reversed() {
      let candidates = testsByFunction[Self.function(of: frame), default: []].filter { test in
        guard let own = test.file, let file = frame.file else { return true }
        return file.split(separator: "/").last.map(String.init) == own
      }
      // Two tests of one name, in two modules: no stack says which it was.
      if candidates.count == 1 { return candidates[0] }
    }
    return nil
  }

  /// What a closure, a local function or a resumed part belongs to.
  private static func function(of frame: LeakReport.Finding.Frame) -> String {
    var name = Substring(frame.function)
    for mark in [" in ", " for "] {
      // Every other part stands between backticks: a raw identifier, in which words are words.
      let parts = name.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      let ranges = parts.filter { $0.offset.isMultiple(of: 2) }.flatMap {
        $0.element.ranges(of: mark)
      }
      if let range = ranges.last { name = name[range.upperBound...] }
    }
    if name.hasPrefix("static ") { name = name.dropFirst("static ".count) }
    return String(name)
  }
}

extension LeakReport {
  /// Objects of a finding that no test is known to have left behind: their call stacks name none.
  package struct Unassigned: Sendable {
    package var finding: Finding
    /// The tests that left other objects of it.
    package var tests: [String]
  }

  /// Lists every test that ran, with what it left behind; without a snapshot that is unknown.
  ///
  /// - Parameters:
  ///   - tests: what ran.
  ///   - unfinished: those of them that had begun and not ended.
  /// - Returns: The findings of which no call stack says everything.
  package mutating func attribute(
    to tests: [TestAttribution.Test],
    unfinished: Set<String> = []
  ) -> [Unassigned] {
    let attribution = TestAttribution(tests)
    var findingsByTest: [String: [String]] = [:]
    var unassigned: [Unassigned] = []
    for finding in findings where finding.suppressedBy == nil {
      let ids = attribution.tests(of: finding)
      if !attribution.knowsAll(of: finding) {
        unassigned.append(Unassigned(finding: finding, tests: ids))
      }
      for id in ids { findingsByTest[id, default: []].append(finding.signature) }
    }
    let isUnchecked = isUnchecked
    self.tests = tests.map { test in
      let found = findingsByTest[test.id, default: []]
      return Test(
        id: test.id,
        attribution: found.isEmpty ? .none : .stack,
        findings: found,
        wasExamined: !isUnchecked && (!found.isEmpty || !unfinished.contains(test.id))
      )
    }
    return unassigned
  }

  /// Assigns a finding to a test that left the same behind when it ran alone.
  package mutating func assign(_ signature: String, toTest id: String) {
    guard let index = tests.firstIndex(where: { $0.id == id }),
      !tests[index].findings.contains(signature)
    else { return }
    if tests[index].findings.isEmpty { tests[index].attribution = .rerun }
    tests[index].findings.append(signature)
  }

  /// Notes that tests may have left a finding behind, without a check of each: they did not run alone.
  package mutating func suspect(_ signature: String, ofTests ids: Set<String>) {
    for index in tests.indices where ids.contains(tests[index].id) && tests[index].wasExamined {
      if !tests[index].findings.contains(signature) {
        tests[index].possibleFindings.append(signature)
      }
    }
  }
}
