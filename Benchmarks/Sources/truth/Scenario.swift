import Foundation

/// A fixture, and what is true of it in a debug build.
struct Scenario: Sendable {
  var name: String
  var summary: String
  /// How many instances of each of its classes are leaked; empty for a clean one.
  var leaked: [String: Int]

  var isClean: Bool { leaked.isEmpty }

  static func all(in folder: String) throws -> [Scenario] {
    struct Expectation: Decodable {
      var scenario: String
      var summary: String
      var leakedTypes: [String: Int]
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    return try files.filter { $0.hasSuffix(".json") }.map { file in
      let data = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
      let expectation = try JSONDecoder().decode(Expectation.self, from: data)
      return Scenario(
        name: expectation.scenario,
        summary: expectation.summary,
        leaked: expectation.leakedTypes
      )
    }
  }
}
