import Foundation
import HeapAnalysis
import TestSupport
import Testing

@testable import LeakReports

@Suite("The JSON report")
struct LeakReportJSONTests {
  @Test("reading what was written gives the same report")
  func roundTrip() throws {
    for report in [Examples.cycleByFields, Examples.cycleThroughClosure, Examples.doubtful] {
      let json = try report.json()
      let again = try LeakReport(json: json)
      #expect(again == report)
      #expect(try again.json() == json)
    }
  }

  @Test("hostile names survive the round trip")
  func hostileNames() throws {
    var generator = SplitMix64(state: 7)
    for _ in 0..<20 {
      let report = Examples.random(using: &generator)
      #expect(try LeakReport(json: report.json()) == report)
    }
  }

  /// The contract's fields, by the object that has them.
  static let contract: [(path: [String], fields: [String])] = [
    (
      [],
      [
        "schemaVersion", "tool", "target", "capture", "summary", "leakedTypes", "findings", "tests",
      ]
    ),
    (["tool"], ["name", "version"]),
    (
      ["target"],
      [
        "executable", "buildID", "arguments", "pid", "exitStatus", "signal", "architecture",
        "toolchain",
      ]
    ),
    (
      ["capture"],
      ["moment", "complete", "skipped", "unreadable", "durationSeconds", "pauseSeconds"]
    ),
    (
      ["summary"],
      [
        "liveObjects", "liveBytes", "leakedObjects", "leakedBytes", "findings", "suppressed",
        "countsExplained", "countsUnexplained", "countsNegative", "notes",
      ]
    ),
    (["leakedTypes"], ["type", "count", "bytes"]),
    (
      ["findings"],
      [
        "signature", "kind", "confidence", "reasons", "namedBy", "type", "count", "bytes",
        "strongCount", "unownedCount", "weakCount", "exactCount", "possibleCount", "members",
        "path", "root", "allocations", "hint", "suppressedBy", "baseline",
      ]
    ),
    (["findings", "members"], ["type", "count", "bytes", "role"]),
    (["findings", "path"], ["from", "via", "ownership", "to", "exact", "location"]),
    (["findings", "path", "location"], ["function", "file", "line"]),
    (["findings", "allocations"], ["count", "frames"]),
    (["findings", "allocations", "frames"], ["function", "file", "line", "image"]),
    (["findings", "hint"], ["text", "edges", "frees", "verified"]),
    (["tests"], ["id", "attribution", "findings"]),
  ]

  @Test("every field of the contract is there, with null for what is missing", arguments: contract)
  func contractFields(path: [String], fields: [String]) throws {
    var report = Examples.cycleThroughClosure
    report.tests = [.init(id: "Suite/test()", attribution: .tag, findings: ["b1946ac92492d234"])]
    report.target.buildID = nil
    let json = try JSONSerialization.jsonObject(with: Data(report.json().utf8))
    var value = try #require(json as? [String: Any])
    for key in path {
      let next = try #require(value[key])
      let first = (next as? [Any])?.first ?? next
      value = try #require(first as? [String: Any])
    }
    for field in fields { #expect(value.keys.contains(field), "\(path) lacks \(field)") }
  }

  @Test("what is missing is null")
  func nulls() throws {
    let json = try Examples.doubtful.json()
    for field in ["signal", "root", "suppressedBy", "baseline", "location"] {
      #expect(json.contains("\"\(field)\" : null"))
    }
  }

  @Test("the values that scripts compare are the contract's")
  func contractValues() throws {
    let json = try Examples.cycleByFields.json()
    for text in [
      "\"kind\" : \"retain-cycle\"", "\"confidence\" : \"proven\"", "\"role\" : \"cycle\"",
      "\"role\" : \"owned\"", "\"moment\" : \"exit\"", "\"ownership\" : \"strong\"",
      "\"text\" : \"make `Pet.owner` weak\"", "\"pauseSeconds\" : 0.0625",
    ] {
      #expect(json.contains(text), "no \(text)")
    }
  }

  @Test("fields of the future are passed over")
  func unknownFields() throws {
    let json = try Examples.cycleByFields.json()
    let grown = json.replacing("\"kind\" :", with: "\"colour\" : {\"red\": [1]}, \"kind\" :")
      .replacing("\"schemaVersion\" :", with: "\"poem\" : null, \"schemaVersion\" :")
    #expect(grown != json)
    #expect(try LeakReport(json: grown) == Examples.cycleByFields)
  }

  @Test("a report of a newer schema is refused, with the remedy")
  func newerSchema() throws {
    // Nothing else in it need be readable.
    let error = #expect(throws: ReportError.self) {
      try LeakReport(json: #"{"schemaVersion": 2, "tool": 5}"#)
    }
    #expect(error?.code == .unreadableReport)
    #expect(error?.description.contains("schema version 2") == true)
    #expect(error?.message.contains("newer") == true)
  }

  @Test("what is no report is refused, with the place", arguments: ["", "{", "[]", "{\"a\": 1}"])
  func notAReport(text: String) throws {
    let error = #expect(throws: ReportError.self) { try LeakReport(json: text) }
    #expect(
      error?.message.contains("a Remnant report") == true || error?.message == "'this' is empty"
    )
  }

  @Test(
    "what is damaged is told as it is, with its line",
    arguments: [
      ("", "'r.json' is empty"), (" \n", "is empty"),
      ("{\n\"a\": [1,\n", "it ends in line 3, in the middle"), ("{\"a\": \"b", "it ends in line 1"),
      ("{\"a\": \"b\\", "it ends in the middle of a string"),
      ("{\"a\":\n9223372036854775807}", "line 2 has the number 9223372036854775807"),
      ("[-1]", "line 1 has the number -1"), ("{\"a\": 1e308}", "has the number 1e308"),
      ("{\"schemaVersion\": 0}", "there is no schema version 0"),
    ]
  )
  func damaged(text: String, message: String) {
    let error = #expect(throws: ReportError.self) {
      try LeakReport(json: Data(text.utf8), file: "r.json")
    }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("numbers in strings are text")
  func numbersInStrings() throws {
    var report = Examples.cycleByFields
    report.summary.notes = ["-1 and 1e308 and \"-9223372036854775808\""]
    #expect(try LeakReport(json: report.json()) == report)
  }

  @Test("a wrong value is told by its place")
  func wrongValue() throws {
    let json = try Examples.cycleByFields.json()
      .replacing("\"confidence\" : \"proven\"", with: "\"confidence\" : \"certain\"")
    let error = #expect(throws: ReportError.self) { try LeakReport(json: json) }
    #expect(error?.message.contains("findings[0].confidence") == true)
  }

  @Test("large numbers and fractions are exact")
  func exactNumbers() throws {
    var report = Examples.cycleByFields
    report.summary.liveBytes = 1 << 42
    report.capture.durationSeconds = 0.1
    report.capture.pauseSeconds = 1.0 / 3
    let again = try LeakReport(json: report.json())
    #expect(again == report)
    #expect(try report.json().contains("\"durationSeconds\" : 0.1,"))
  }
}
