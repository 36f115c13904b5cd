import Foundation
import Testing

@testable import LeakReports

/// A report's findings are put into its JSON by what the text says, not by how an encoder spaces it.
@Suite("Long arrays in JSON") struct LongArrayTests {
  private func pieces(_ elements: [Int]) throws -> [[UInt8]] {
    try LongArray.encode(elements, formatting: [.prettyPrinted], indent: 2) { $0 }
  }

  private func inserted(_ elements: [Int], in text: String) throws -> [String: Any] {
    let bytes = try LongArray.insert(
      pieces(elements),
      asMember: "findings",
      before: "\n  ",
      in: Data(text.utf8)
    )
    return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test(
    "However the text around it is spaced, all elements are there",
    arguments: [
      #"{"findings":[]}"#, "{\n  \"findings\" : [\n\n  ]\n}", "{\"findings\": [ ] , \"a\": 1}",
      "\n{\t\"a\" : {\"findings\" : [7]}, \"b\" : \"\\\"findings\\\" : [\",\n\"findings\"\n:\n[\n]\n}\n",
      #"{"c":["findings",[]],"findings":[]}"#,
    ]
  )
  func spacing(text: String) throws {
    let elements = Array(0..<300)
    #expect(try inserted(elements, in: text)["findings"] as? [Int] == elements)
  }

  @Test(
    "Where the array isn't there, or isn't empty, nothing is written: that is an error",
    arguments: [
      "{}", "", #"{"finding":[]}"#, #"{"findings":[1]}"#, #"{"findings":null}"#,
      #"{"a":{"findings":[]}}"#, #"["findings",[]]"#, #"{"a":"findings"#, #"{"findings":["#,
    ]
  )
  func missing(text: String) {
    let error = #expect(throws: ReportError.self) { try inserted([1], in: text) }
    #expect(error?.code == .cannotWrite)
  }

  @Test("A report with many findings is read back as it was")
  func report() throws {
    var report = Examples.cycleByFields
    let one = try #require(report.findings.first)
    report.findings = Array(repeating: one, count: 1000)
    let json = try report.json()
    #expect(try LeakReport(json: json) == report)
    report.findings = []
    #expect(try LeakReport(json: report.json()) == report)
  }
}
