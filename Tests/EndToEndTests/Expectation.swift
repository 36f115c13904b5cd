import Foundation

/// What a scenario ought to be found to leak: `Fixtures/Expectations/NAME.json`.
struct Expectation: Decodable {
  struct Finding: Decodable {
    var kind: String
    var minimumConfidence: Confidence
    /// In order along the cycle, beginning anywhere; a cycle that repeats itself is written once.
    var fields: [String]
  }

  /// What one configuration says differently.
  struct Override: Decodable {
    var exitStatus: Int32?
    var leakedTypes: [String: Int]?
    var findings: [Finding]?
  }

  var scenario: String
  var summary: String
  var exitStatus: Int32
  var leakedTypes: [String: Int]
  var findings: [Finding]
  var configurations: [String: Override]?
  var notes: String?

  /// The names of all expectations, in order.
  static var names: [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  private static let folder = Fixtures.package.appendingPathComponent("Expectations")

  init(named name: String, in configuration: Configuration) throws {
    let file = Self.folder.appendingPathComponent("\(name).json")
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    guard let override = configurations?[configuration.rawValue] else { return }
    exitStatus = override.exitStatus ?? exitStatus
    leakedTypes = override.leakedTypes ?? leakedTypes
    findings = override.findings ?? findings
  }

  var isLeaky: Bool { !leakedTypes.isEmpty }
}

/// How sure a finding is, from the least.
enum Confidence: String, Decodable, Comparable {
  case possible, checked, proven

  static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .possible: 0
    case .checked: 1
    case .proven: 2
    }
  }
}

/// The fields of a cycle, so that equal cycles are equal wherever their descriptions begin.
struct CycleFields: Hashable, CustomStringConvertible {
  private var fields: [String]

  /// Captures are one name, since debug information decides what they are called; the content of a
  /// box has none, and is left out.
  init(_ names: [String]) {
    let fields = names.filter { !$0.isEmpty }.map { $0.hasPrefix("capture") ? "capture" : $0 }
    let cycle = Self.shortestPeriod(of: fields)
    let rotations = cycle.indices.map { Array(cycle[$0...] + cycle[..<$0]) }
    self.fields = rotations.min { $0.lexicographicallyPrecedes($1) } ?? []
  }

  var description: String { fields.joined(separator: " → ") }

  /// What a cycle repeats: a ring of a thousand equal objects may be told as one reference.
  private static func shortestPeriod(of fields: [String]) -> [String] {
    let period = (1..<max(fields.count, 1)).first { period in
      fields.count.isMultiple(of: period)
        && fields.indices.allSatisfy { fields[$0] == fields[$0 % period] }
    }
    return Array(fields.prefix(period ?? fields.count))
  }
}
