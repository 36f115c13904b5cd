import Foundation
import TestSupport
import Testing

/// Runs the matrix's cells, in processes of their own, and compares what they say with what is true.
@Suite("The matrix of helpers") struct MatrixTests {
  /// A failure: the line of the check, and what holds the object.
  private struct Verdict: Hashable, CustomStringConvertible {
    var line: Int
    var holder: String

    var description: String { "line \(line): \(holder)" }
  }

  private static let columns = ["main queue idle", "main queue busy"]

  /// A machine that hardly runs the cells leaves checks undecided, as it should: then the cells run again.
  private func run(_ command: [String], _ column: String) async throws -> Subprocess {
    var run = try await Subprocess.run(command, environment: ["REMNANT_MATRIX": column])
    for _ in 0..<2 {
      let undecided = run.transcript.matches(
        of: #/undecided: (?!the main queue, on which the check)/#
      )
      if undecided.isEmpty { break }
      run = try await Subprocess.run(command, environment: ["REMNANT_MATRIX": column])
    }
    return run
  }

  @Test("Swift Testing: no cell says anything wrong, or at another line", arguments: columns)
  func swiftTesting(column: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let events = folder.file("events.jsonl")
    let run = try await run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter", "MatrixCells",
        "--event-stream-output-path", events.path, "--event-stream-version", "0",
      ],
      column
    )
    var verdicts: [Verdict: Int] = [:]
    for line in try String(contentsOf: events, encoding: .utf8).split(separator: "\n") {
      guard let record = try? JSONDecoder().decode(IssueRecord.self, from: Data(line.utf8)),
        let issue = record.payload.issue
      else { continue }
      let text = record.payload.messages?.map(\.text).joined(separator: "\n") ?? ""
      // A warning: what a synchronous check on the main actor waits for can't run.
      if text.contains("undecided: the main queue, on which the check itself runs") { continue }
      verdicts[
        Verdict(line: issue.sourceLocation.line, holder: Self.holder(in: text)),
        default: 0
      ] +=
        1
    }
    #expect(verdicts == (try Self.expected("MatrixCells.swift")), "\(run.transcript)")
  }

  @Test("XCTest: the same", arguments: columns)
  func xctest(column: String) async throws {
    let run = try await run(
      [try Built.testBundle(), "RemnantTestingTests.MatrixTestCase"],
      column
    )
    var verdicts: [Verdict: Int] = [:]
    let failures = run.output.matches(of: #/MatrixTestCase\.swift:(\d+): error: /#)
    for (index, failure) in failures.enumerated() {
      let end =
        index + 1 < failures.count ? failures[index + 1].range.lowerBound : run.output.endIndex
      let text = String(run.output[failure.range.upperBound..<end])
      let line = Int(failure.output.1) ?? 0
      verdicts[Verdict(line: line, holder: Self.holder(in: text)), default: 0] += 1
    }
    #expect(verdicts == (try Self.expected("MatrixTestCase.swift")), "\(run.transcript)")
  }

  private struct IssueRecord: Decodable {
    struct Payload: Decodable {
      struct Issue: Decodable {
        struct Location: Decodable { var line: Int }
        var sourceLocation: Location
      }
      struct Message: Decodable { var text: String }
      var issue: Issue?
      var messages: [Message]?
    }
    var payload: Payload
  }

  /// Of a failure's message.
  private static func holder(in message: String) -> String {
    if message.contains("retain cycle") { return "cycle" }
    if message.contains("Registry.cells") { return "global" }
    return message
  }

  /// Every line with a check, as the sources mark them: `// cell` fails for a cycle and for a global, `// cell: cycle`
  /// for a cycle only; `in all` once, whatever the repetitions.
  private static func expected(_ file: String) throws -> [Verdict: Int] {
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: file)
    let repetitions = Fate.all.count / Fate.allCases.count
    var expected: [Verdict: Int] = [:]
    let lines = try String(contentsOf: source, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let mark = line.range(of: "// cell") else { continue }
      let rest = line[mark.upperBound...]
      for holder in ["cycle", "global"] where rest.isEmpty || rest.contains(holder) {
        expected[Verdict(line: index + 1, holder: holder)] =
          rest.contains("in all") ? 1 : repetitions
      }
    }
    return expected
  }
}
