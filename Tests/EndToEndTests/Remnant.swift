import Foundation

/// The parts of a JSON report that the expectations speak about, as the contract has them.
///
/// Decoded here, and not with the tool's own types, so that a change of the format is noticed.
struct Report: Decodable {
  struct Summary: Decodable {
    var countsNegative: Int
  }

  struct LeakedType: Decodable {
    var type: String
    var count: Int
  }

  struct Finding: Decodable {
    struct Step: Decodable {
      var via: String
    }

    var kind: String
    var confidence: Confidence
    var type: String
    var path: [Step]

    var fields: CycleFields { CycleFields(path.map(\.via)) }
  }

  var schemaVersion: Int
  var summary: Summary
  var leakedTypes: [LeakedType]
  var findings: [Finding]

  /// Without the classes of the libraries, which expectations leave out.
  var ownLeakedTypes: [String: Int] {
    let own = leakedTypes.filter { leaked in
      !["Swift.", "Foundation", "_"].contains { leaked.type.hasPrefix($0) }
    }
    return Dictionary(own.map { ($0.type, $0.count) }, uniquingKeysWith: +)
  }
}

/// The command, as a user runs it.
enum Remnant {
  /// Beside the test bundle, which is itself an executable on Linux.
  static func command() throws -> URL {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle).deletingLastPathComponent()
      .appendingPathComponent("remnant")
  }

  static func run(
    _ name: String,
    _ configuration: Configuration
  ) throws -> (process: Subprocess.Result, report: Report) {
    let scratch = try TemporaryDirectory()
    let file = scratch.url.appendingPathComponent("report.json")
    let process = try Subprocess(
      executable: command(),
      arguments: [
        "run", "--format", "json", "--output", file.path, "--",
        Fixtures.program(configuration).path, name,
      ],
      directory: Fixtures.repository
    ).run()
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Subprocess.Failure(
        description: "no report, exit status \(process.status):\n\(process.errors)"
      )
    }
    return (process, try JSONDecoder().decode(Report.self, from: Data(contentsOf: file)))
  }
}
