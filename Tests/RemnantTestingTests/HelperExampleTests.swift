import Foundation
import TestSupport
import Testing

/// What the documentation shows of the helpers is what their examples say when they run.
@Suite("The documentation of the helpers") struct HelperExampleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let names = [
    "assertDeallocated", "trackForMemoryLeaks", "leakTracking", "assertNoLeaks",
    "expectDeallocation", "XCTestCase",
  ]

  @Test("shows every example and its failure as they are")
  func failures() async throws {
    let page = try Self.page("TestHelpers.md")
    let examples = try Self.examples()
    var messages = try await Self.swiftTestingMessages()
    messages["XCTestCase"] = try await Self.xctestMessage()
    for name in Self.names {
      let example = try #require(examples[name])
      #expect(page.contains("```swift\n\(example)```"), "\(name) is:\n\(example)")
      let message = try #require(messages[name], "\(name) failed with nothing")
      let shown = try #require(Self.shown(after: example, in: page))
      #expect(Self.fixed(shown) == Self.fixed(message), "\(name) says:\n\(message)")
    }
  }

  @Test("shows what holds objects as it is tested")
  func holders() throws {
    let page = try Self.page("WhatHoldsAnObject.md")
    let source = try String(
      contentsOf: Self.root.appending(path: "Tests/RemnantTestingTests/HoldingTests.swift"),
      encoding: .utf8
    )
    let parts = source.components(separatedBy: "// example: ").dropFirst()
    #expect(parts.count == 10)
    for part in parts {
      let lines = part.components(separatedBy: "// end\n")[0].split(separator: "\n").dropFirst()
      for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) where !line.isEmpty {
        #expect(page.contains(line), "\(line)")
      }
    }
  }

  private static func page(_ name: String) throws -> String {
    try String(
      contentsOf: root.appending(
        path: "Sources/Testing/RemnantTesting/RemnantTesting.docc/\(name)"
      ),
      encoding: .utf8
    )
  }

  /// The failure that the page shows behind an example.
  private static func shown(after example: String, in page: String) -> String? {
    guard let code = page.range(of: example),
      let start = page.range(of: "```text\n", range: code.upperBound..<page.endIndex),
      let end = page.range(of: "```", range: start.upperBound..<page.endIndex)
    else { return nil }
    return String(page[start.upperBound..<end.lowerBound])
  }

  /// Without what differs from run to run, and from machine to machine: numbers, where lines break, and stale
  /// words on the stacks of others, which name an object and make a proven leak a checked one.
  private static func fixed(_ message: String) -> String {
    message.replacing(/[0-9a-f]{16}/, with: "#")
      .replacing(/⋯ \d+ frames? in [^⋯]*?(?=(\n|$)\s*(\S+ at|\S+ in|signature|1 ×|$))/, with: "⋯")
      .replacing(/(proven|checked)/, with: "sure")
      .replacing(/(all \d+ objects are|both objects are|the object is) freed/, with: "# freed")
      .replacing(/\n *named by (.|\n)*?(?=\n *allocated)/, with: "")
      .replacing(/[0-9][0-9,.]*( %| KB| bytes| ms)?/, with: "#")
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// By name, as the sources mark them, without their indentation.
  private static func examples() throws -> [String: String] {
    var examples: [String: String] = [:]
    let folder = root.appending(path: "Tests/RemnantTestingTests/Examples")
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for part in source.components(separatedBy: "// example: ").dropFirst() {
        let lines = part.components(separatedBy: "  // end\n")[0].split(
          separator: "\n",
          omittingEmptySubsequences: false
        )
        examples[String(lines[0])] =
          lines.dropFirst().map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }
          .joined(separator: "\n")
      }
    }
    return examples
  }

  private struct Record: Decodable {
    struct Payload: Decodable {
      struct Message: Decodable { var text: String }
      var kind: String
      var testID: String?
      var messages: [Message]?
    }
    var payload: Payload
  }

  private static func swiftTestingMessages() async throws -> [String: String] {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let events = folder.file("events.jsonl")
    _ = try await Subprocess.run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter", "SessionTests/",
        "--event-stream-output-path", events.path, "--event-stream-version", "0",
      ],
      environment: ["REMNANT_EXAMPLES": "1"]
    )
    let functions = [
      "diesAfterUse": "assertDeallocated", "leavesNothing": "trackForMemoryLeaks",
      "endsClean": "leakTracking", "allocatesNothingForEver": "assertNoLeaks",
      "diesSoon": "expectDeallocation",
    ]
    var messages: [String: String] = [:]
    for line in try String(contentsOf: events, encoding: .utf8).split(separator: "\n") {
      guard let payload = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)).payload,
        payload.kind == "issueRecorded",
        let name = functions.first(where: { payload.testID?.contains($0.key) == true })?.value
      else { continue }
      // The first says that an issue was recorded.
      messages[name] = payload.messages?.dropFirst().map(\.text).joined(separator: "\n")
    }
    return messages
  }

  private static func xctestMessage() async throws -> String? {
    let run = try await Subprocess.run(
      [try Built.testBundle(), "RemnantTestingTests.SessionTestCase"],
      environment: ["REMNANT_EXAMPLES": "1"]
    )
    guard let start = run.output.range(of: "SessionTestCase.testSessionDies : ")?.upperBound,
      let end = run.output.range(of: "Test Case 'SessionTestCase.testSessionDies' failed")
    else { return nil }
    return String(run.output[start..<end.lowerBound])
  }
}
