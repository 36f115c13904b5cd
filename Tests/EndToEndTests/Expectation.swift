import Foundation
import TestSupport

/// What is to be found in one scenario: `Fixtures/README.md` says what each key means.
struct Expectation: Decodable, Sendable {
  struct Finding: Decodable, Sendable {
    var kind: String
    var alternativeKinds: [String]?
    var minimumConfidence: String
    var type: String?
    var fields: [String]?
    var alternativeFields: [[String]]?
    var required: Bool?

    var kinds: [String] { [kind] + (alternativeKinds ?? []) }

    /// All cycles that would do; none where any does.
    var cycles: [[String]] { (fields.map { [$0] } ?? []) + (alternativeFields ?? []) }
  }

  struct Tolerance: Decodable, Sendable {
    var kind: String
    var maximumConfidence: String
  }

  var scenario: String
  var summary: String
  var exitStatus: Int32
  var leakedTypes: [String: Int]
  var heldTypes: [String: Int]?
  var findings: [Finding]
  var tolerated: [Tolerance]?
  var knownGap: String?

  /// How many objects of each class are alive at the end.
  var alive: [String: Int] {
    leakedTypes.merging(heldTypes ?? [:], uniquingKeysWith: +)
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads an expectation and applies what it says of one configuration.
  ///
  /// A key that nothing reads is an error: a misspelt one would silently expect less.
  static func decode(_ data: Data, _ configuration: Configuration) throws -> Expectation {
    guard var values = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw Malformed(description: "an expectation is an object")
    }
    let overrides = values.removeValue(forKey: "configurations") as? [String: [String: Any]]
    values.merge(overrides?[configuration.rawValue] ?? [:]) { _, override in override }
    values["notes"] = nil
    let unknown = Set(values.keys).subtracting(knownKeys)
    if !unknown.isEmpty {
      throw Malformed(description: "unknown keys: \(unknown.sorted().joined(separator: ", "))")
    }
    let merged = try JSONSerialization.data(withJSONObject: values)
    return try JSONDecoder().decode(Expectation.self, from: merged)
  }

  private static let knownKeys: Set<String> = [
    "scenario", "summary", "exitStatus", "leakedTypes", "heldTypes", "findings", "tolerated",
    "knownGap",
  ]
}

/// The line that a scenario prints at its end.
struct Truth: Decodable {
  var scenario: String
  var alive: [String: Int]

  /// Classes whose objects are all dead don't count.
  var living: [String: Int] { alive.filter { $0.value != 0 } }
}
