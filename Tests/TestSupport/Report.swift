/// The parts of the JSON report that the tests compare, read as a script of a user's would.
package struct Report: Decodable {
  package struct Target: Decodable {
    package var exitStatus: Int32?
  }

  package struct Summary: Decodable {
    package var countsNegative: Int
  }

  package struct LeakedType: Decodable {
    package var type: String
    package var count: Int
  }

  package struct Finding: Decodable {
    package struct Step: Decodable {
      package var via: String
    }

    package struct Hint: Decodable {
      package var text: String
    }

    package var kind: String
    package var confidence: String
    package var type: String
    package var count: Int
    package var path: [Step]
    package var hint: Hint?
  }

  package var schemaVersion: Int
  package var target: Target
  package var summary: Summary
  package var leakedTypes: [LeakedType]
  package var findings: [Finding]
}

/// The names of the properties along a cycle, however a report divides it into steps.
package struct CyclePath: Equatable {
  package let names: [String]

  /// Words that name no property: what a closure captures, and what a box or an optional holds.
  private static let structural: Set<String> = ["capture", "value", "payload", "box", "some", ""]

  package init(_ steps: [String]) {
    names = steps.flatMap(Self.names(in:))
  }

  /// Whether both are the same cycle, begun anywhere.
  package func isRotation(of other: CyclePath) -> Bool {
    guard names.count == other.names.count else { return false }
    if names.isEmpty { return true }
    return names.indices.contains { start in
      names[start...] + names[..<start] == other.names[...]
    }
  }

  /// `rows[3].sheet` is `rows`, `[]`, `sheet`; `capture 0 (App.Pet)` is nothing; a leading underscore,
  /// which a property wrapper adds, is left out.
  private static func names(in step: String) -> [String] {
    var names: [String] = []
    var word = ""
    var depth = 0
    func endWord() {
      let first = word.split(separator: " ", maxSplits: 1).first.map(String.init) ?? ""
      let name = String(first.drop { $0 == "_" })
      if !structural.contains(name) && !name.allSatisfy(\.isNumber) { names.append(name) }
      word = ""
    }
    for character in step {
      switch character {
      case "[":
        if depth == 0 { endWord() }
        depth += 1
      case "]":
        depth -= 1
        if depth == 0 { names.append("[]") }
      case "(": depth += 1
      case ")": depth -= 1
      case "." where depth == 0: endWord()
      default: if depth == 0 { word.append(character) }
      }
    }
    endWord()
    return names
  }
}
