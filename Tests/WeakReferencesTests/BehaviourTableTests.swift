import Foundation
import Testing

/// The table of behaviours in the documentation: what it says of CPython, of the tests here, and of Swift.
@Suite("The table of behaviours") struct BehaviourTableTests {
  /// One behaviour of Python's, without where it is tested.
  private struct Behaviour: Equatable {
    let tests: String
    let decision: String
  }

  private struct Row {
    let identifier: String
    let behaviour: Behaviour
    let file: String
  }

  /// What the design gives no name of CPython's for.
  private static let unnamed = "`weakref` documentation and code"

  private func rows() throws -> [Row] {
    let page = try ProjectFile.text(
      "Sources/WeakReferences/WeakReferences/WeakReferences.docc/ComparedWithPython.md"
    )
    return try page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2).map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 4, "\(line)")
      return Row(
        identifier: cells[0],
        behaviour: Behaviour(tests: cells[1], decision: cells[3]),
        file: cells[2]
      )
    }
  }

  @Test("has each behaviour once, and says of each what can be said")
  func form() throws {
    let rows = try rows()
    #expect(Set(rows.map(\.identifier)).count == rows.count)
    // A behaviour that leaves the table leaves this list, too.
    let counts = Dictionary(grouping: rows) { String($0.identifier.prefix(1)) }.mapValues(\.count)
    #expect(
      counts == [
        "R": 34, "G": 10, "P": 11, "W": 7, "S": 5, "M": 9, "V": 26, "K": 15, "T": 28, "F": 20,
        "X": 2, "C": 4,
      ]
    )
    let name = /`(test|check)_[a-z0-9_]+`|`doctest libreftest`/
    for row in rows {
      #expect(["as it is", "changed"].contains(row.behaviour.decision), "\(row)")
      let names = row.behaviour.tests.components(separatedBy: ", ")
      #expect(
        row.behaviour.tests == Self.unnamed || names.allSatisfy { $0.wholeMatch(of: name) != nil },
        "\(row)"
      )
    }
  }

  @Test("names the file of each behaviour's one test, and no test that isn't there")
  func tests() throws {
    var tested: [String: [String]] = [:]
    let folder = ProjectFile.root.appending(path: "Tests/WeakReferencesTests")
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".swift") {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      let name = String(file.split(separator: "/").last?.dropLast(6) ?? "")
      for match in source.matches(of: /@Test\(\s*"((?:[A-Z]\d+(?:,| and)? )+)/) {
        for identifier in match.1.matches(of: /[A-Z]\d+/) {
          tested[String(identifier.0), default: []].append(name)
        }
      }
    }
    let shown = Dictionary(try rows().map { ($0.identifier, [$0.file]) }, uniquingKeysWith: +)
    #expect(Set(shown.keys) == Set(tested.keys))
    for (identifier, files) in tested {
      #expect(files == shown[identifier], "\(identifier)")
    }
  }

  @Test(
    "says what the design says, where that is at hand",
    .enabled(if: FileManager.default.fileExists(atPath: designFile.path))
  )
  func design() throws {
    var designed: [String: Behaviour] = [:]
    for line in try String(contentsOf: designFile, encoding: .utf8).split(separator: "\n") {
      guard let head = line.firstMatch(of: /^- ([A-Z]\d+) \[[DCN]\]/) else { continue }
      // What has no meaning in Swift, N, may stand beside what has.
      guard let mark = line.firstMatch(of: /\[([DC])\]/) else { continue }
      let names = line.matches(of: /\b(?:test|check)_\w+|doctest libreftest/)
      designed[String(head.1)] = Behaviour(
        tests: names.isEmpty ? Self.unnamed : names.map { "`\($0.0)`" }.joined(separator: ", "),
        decision: mark.1 == "D" ? "as it is" : "changed"
      )
    }
    let rows = try rows()
    #expect(Set(designed.keys) == Set(rows.map(\.identifier)))
    for row in rows {
      #expect(row.behaviour == designed[row.identifier], "\(row.identifier)")
    }
  }
}

/// The design that the library was built from, which isn't part of the repository.
private let designFile = ProjectFile.root.deletingLastPathComponent()
  .appending(path: "shared/design/weak-references.md")
