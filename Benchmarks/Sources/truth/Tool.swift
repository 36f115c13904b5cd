import Foundation
import Measuring

/// What a tool said, against what is true.
enum Verdict: String, Sendable {
  case right
  case missed
  case falseAlarm = "false alarm"
  /// It found the leak, and not exactly what is leaked.
  case inexact
  case timedOut = "timed out"
  case failed
}

protocol Tool: Sendable {
  var name: String { get }
  var version: String { get }
  /// When it is right, in a sentence.
  var rule: String { get }
  func verdict(on scenario: Scenario) -> Verdict
}

/// Seconds that a tool has for one scenario.
private let timeLimit = 120
/// `timeout -s KILL` ends with it.
private let killed: Int32 = 137

/// Runs a command with a time limit; returns its exit status, or nil where it could not be run.
private func status(_ command: [String], _ environment: [String: String] = [:]) -> Int32? {
  let run = try? Run(["timeout", "-s", "KILL", "\(timeLimit)"] + command, environment: environment)
  guard let result = run?.status else { return nil }
  // A wait status: a signal in the low bits, an exit status above them.
  return result & 0x7f == 0 ? (result >> 8) & 0xff : 128 + (result & 0x7f)
}

/// The verdict on a tool that only says whether it found a leak.
private func verdict(_ status: Int32?, found: Int32, on scenario: Scenario) -> Verdict {
  switch status {
  case found: scenario.isClean ? .falseAlarm : .right
  case 0: scenario.isClean ? .right : .missed
  case killed: .timedOut
  default: .failed
  }
}

/// The first line that a command prints.
private func firstLine(_ command: String) -> String {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: "/bin/sh")
  process.arguments = ["-c", command + " 2>&1"]
  process.standardOutput = pipe
  guard (try? process.run()) != nil,
    let data = try? pipe.fileHandleForReading.readToEnd()
  else { return "unknown" }
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
    ?? "unknown"
}

struct Remnant: Tool {
  let command: String
  let program: String
  let name = "Remnant"
  var version: String { firstLine("\(command) --version") }
  let rule =
    "right where the leaked classes and the number of their instances are exactly the true ones, "
    + "and on a clean scenario where there is no finding at `checked` or `proven`"

  func verdict(on scenario: Scenario) -> Verdict {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "remnant-truth-\(getpid())-\(scenario.name).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let arguments = [command, "run", "--output", file.path, "--", program, scenario.name]
    let status = status(arguments)
    if status == killed { return .timedOut }
    struct Report: Decodable {
      struct Entry: Decodable {
        var type: String
        var count: Int
      }
      struct Finding: Decodable { var confidence: String }
      var leakedTypes: [Entry]
      var findings: [Finding]
    }
    guard status == 0 || status == 23, let data = try? Data(contentsOf: file),
      let report = try? JSONDecoder().decode(Report.self, from: data)
    else { return .failed }
    if scenario.isClean {
      return report.findings.contains { $0.confidence != "possible" } ? .falseAlarm : .right
    }
    let own = report.leakedTypes.filter { $0.type.hasPrefix("RemnantFixtures.") }
    let counts = Dictionary(own.map { ($0.type, $0.count) }) { $0 + $1 }
    return counts == scenario.leaked ? .right : counts.isEmpty ? .missed : .inexact
  }
}

struct LeakSanitizer: Tool {
  let program: String
  let name = "LeakSanitizer"
  var version: String { firstLine("clang --version") }
  let rule =
    "right where it reports any leak at all of a leaky scenario, whatever it says of it, and none of "
    + "a clean one; the fixtures are built with `--sanitize=address`"
  private static let found: Int32 = 77

  func verdict(on scenario: Scenario) -> Verdict {
    let options = "detect_leaks=1:exitcode=\(Self.found)"
    return truth.verdict(
      status([program, scenario.name], ["ASAN_OPTIONS": options]),
      found: Self.found,
      on: scenario
    )
  }
}

struct Valgrind: Tool {
  let program: String
  let name = "Valgrind"
  var version: String { firstLine("valgrind --version") }
  let rule = "right by the same measure, by the blocks that it calls definitely lost"
  private static let found: Int32 = 99

  func verdict(on scenario: Scenario) -> Verdict {
    truth.verdict(
      status([
        "valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite",
        "--error-exitcode=\(Self.found)", program, scenario.name,
      ]),
      found: Self.found,
      on: scenario
    )
  }
}
