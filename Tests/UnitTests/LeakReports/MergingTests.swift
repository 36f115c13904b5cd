import Testing

@testable import LeakReports

@Suite("Merging the reports of several processes") struct MergingTests {
  /// A new property of a report has to be decided on: added to another report's, or the first one's for good.
  @Test("No property of a report is forgotten")
  func everyProperty() throws {
    let report = Examples.cycleByFields
    let finding = try #require(report.findings.first)
    expect(
      report,
      merged: [
        "capture", "summary", "leakedTypes", "findings", "tests", "census", "tasks", "explanations",
        "suppressions", "fixed", "stacks",
      ],
      // Of the target, how it ended.
      kept: ["schemaVersion", "tool", "target"]
    )
    expect(
      report.summary,
      merged: [
        "liveObjects", "liveBytes", "leakedObjects", "leakedBytes", "findings", "suppressed",
        "countsExplained", "countsUnexplained", "countsNegative", "undecided", "notes",
      ],
      kept: []
    )
    expect(
      report.capture,
      merged: ["complete", "skipped", "unreadable", "durationSeconds", "pauseSeconds"],
      kept: ["moment"]
    )
    expect(
      finding,
      merged: ["count", "bytes", "members", "allocations", "namedBy", "waiters"],
      // The signature is the same, so the shape is; what is said of one instance stays said of that one.
      kept: [
        "signature", "kind", "confidence", "reasons", "type", "strongCount", "unownedCount",
        "weakCount", "exactCount", "possibleCount", "path", "root", "suspendedIn", "hint",
        "suppressedBy", "baseline", "limit", "formerSignature",
      ]
    )
  }

  private func expect(
    _ value: Any,
    merged: Set<String>,
    kept: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let names = Mirror(reflecting: value).children.compactMap(\.label).map { label in
      // A property wrapper's storage.
      label.hasPrefix("_") ? String(label.dropFirst()) : label
    }
    #expect(Set(names) == merged.union(kept), sourceLocation: sourceLocation)
  }

  @Test("Numbers add up, and of what waits nothing is lost")
  func sums() throws {
    var report = Examples.cycleByFields
    var other = report
    let waiter = LeakReport.Finding.Waiter(count: 2, function: "run()")
    report.findings[0].waiters = nil
    other.findings[0].waiters = [waiter]
    report.summary.undecided = nil
    other.summary.undecided = 3
    let before = report
    report.merge(other)
    #expect(report.findings.count == before.findings.count)
    #expect(report.findings[0].count == 2 * before.findings[0].count)
    #expect(report.findings[0].waiters == [waiter])
    #expect(report.summary.undecided == 3)
    #expect(report.summary.leakedBytes == 2 * before.summary.leakedBytes)
    report.merge(other)
    #expect(report.findings[0].waiters?.map(\.count) == [4])
  }
}
