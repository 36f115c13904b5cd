import Foundation
import TestSupport
import Testing

/// The comparison must notice what the end-to-end tests rely on it for.
@Suite("Comparing a report with an expectation")
struct ReportComparisonTests {
  let leaky = """
    {"scenario": "s", "summary": "s", "exitStatus": 23, "leakedTypes": {"RemnantFixtures.A": 2},
     "findings": [{"kind": "retain-cycle", "minimumConfidence": "checked",
                   "fields": ["b[]", "capture", "state.a"]}]}
    """
  let clean = """
    {"scenario": "s", "summary": "s", "exitStatus": 0, "leakedTypes": {}, "findings": [],
     "tolerated": [{"kind": "unbalanced-retain", "maximumConfidence": "possible"}]}
    """

  func report(
    kind: String = "retain-cycle",
    confidence: String = "proven",
    count: Int = 2,
    path: [String] = ["state", "a", "b[4]", "capture 0"],
    negative: Int = 0
  ) -> String {
    let steps = path.map { "{\"via\": \"\($0)\"}" }.joined(separator: ", ")
    return """
      {"schemaVersion": 1, "target": {"exitStatus": 0}, "summary": {"countsNegative": \(negative)},
       "leakedTypes": [{"type": "RemnantFixtures.A", "count": \(count), "bytes": 1},
                       {"type": "Swift._ContiguousArrayStorage<Swift.Int>", "count": 1}],
       "findings": [{"kind": "\(kind)", "confidence": "\(confidence)", "type": "RemnantFixtures.A",
                     "count": 1, "path": [\(steps)]}]}
      """
  }

  func differences(_ report: String, _ expectation: String) throws -> [String] {
    ReportComparison(
      report: try JSONDecoder().decode(Report.self, from: Data(report.utf8)),
      expectation: try Expectation.decode(Data(expectation.utf8), .debug)
    ).differences
  }

  @Test("A report that says what was expected has no difference")
  func agreement() throws {
    #expect(try differences(report(), leaky) == [])
  }

  @Test("A wrong number of leaked objects is a difference")
  func wrongCount() throws {
    #expect(try differences(report(count: 3), leaky).count == 1)
  }

  @Test("A negative count is a difference")
  func negativeCount() throws {
    #expect(try differences(report(negative: 1), leaky).count == 1)
  }

  @Test(
    "Another kind, too little confidence and another path are a missing finding and a surplus one"
  )
  func wrongFinding() throws {
    #expect(try differences(report(kind: "unreachable"), leaky).count == 2)
    #expect(try differences(report(path: ["a", "b[0]"]), leaky).count == 2)
    #expect(try differences(report(path: ["b[0]", "a", "state"]), leaky).count == 2)
    // What is only possible doesn't fail by itself.
    #expect(try differences(report(confidence: "possible"), leaky).count == 1)
  }

  @Test("Anything found in a clean program is a difference, except what is tolerated")
  func cleanProgram() throws {
    #expect(try differences(report(confidence: "possible"), clean).count == 3)
    let tolerated = report(kind: "unbalanced-retain", confidence: "possible")
    #expect(try differences(tolerated, clean).count == 2)
    let surer = report(kind: "unbalanced-retain", confidence: "checked")
    #expect(try differences(surer, clean).count == 3)
  }

  @Test("A configuration's values replace the general ones, and a misspelt key is an error")
  func configurations() throws {
    let text = leaky.dropLast() + ", \"configurations\": {\"release\": {\"exitStatus\": 0}}}"
    let data = Data(text.utf8)
    #expect(try Expectation.decode(data, .debug).exitStatus == 23)
    #expect(try Expectation.decode(data, .release).exitStatus == 0)
    let misspelt = Data((leaky.dropLast() + ", \"heldTyps\": {}}").utf8)
    #expect(throws: Expectation.Malformed.self) { try Expectation.decode(misspelt, .debug) }
  }

  @Test(
    "A path is its property names, however it is divided",
    arguments: [
      (["rows[0][key].sheet"], ["rows", "[]", "[]", "sheet"]),
      (["rows", "[12]", "sheet"], ["rows", "[]", "sheet"]),
      (["onTap", "capture 1 (App.Panel)", "capture"], ["onTap"]),
      (["_view.stored", "content.1"], ["view", "stored", "content"]),
    ]
  )
  func pathNames(steps: [String], names: [String]) {
    #expect(CyclePath(steps).names == names)
  }

  @Test("A cycle begins anywhere, and its order counts")
  func rotation() {
    let cycle = CyclePath(["a", "b", "c"])
    #expect(cycle.isRotation(of: CyclePath(["c", "a", "b"])))
    #expect(!cycle.isRotation(of: CyclePath(["c", "b", "a"])))
    #expect(!cycle.isRotation(of: CyclePath(["a", "b"])))
  }
}
