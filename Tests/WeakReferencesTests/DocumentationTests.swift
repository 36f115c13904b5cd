import Foundation
import Testing

/// What the documentation shows is what the tests compile and run.
@Suite("The documentation") struct DocumentationTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  @Test("has the use cases as they are tested")
  func useCases() throws {
    let page = try text("Sources/WeakReferences/WeakReferences.docc/UseCases.md")
    let shown = page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    let folder = Self.root.appending(path: "Tests/WeakReferencesTests/Examples")
    var tested: [String] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for part in source.components(separatedBy: "// example: ").dropFirst() {
        let lines = part.components(separatedBy: "// end\n")[0].split(
          separator: "\n",
          maxSplits: 1
        )
        tested.append(String(lines[1]))
      }
    }
    #expect(tested.count == 5)
    #expect(Set(shown) == Set(tested))
  }

  @Test("names every behaviour with its test, and no test that isn't there")
  func behaviours() throws {
    let page = try text("Sources/WeakReferences/WeakReferences.docc/ComparedWithPython.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2).map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    var shown: [String: String] = [:]
    for row in rows { shown[row[0]] = row[2] }
    var tested: [String: Set<String>] = [:]
    let folder = Self.root.appending(path: "Tests/WeakReferencesTests")
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where file.hasSuffix(".swift") {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in source.matches(of: /@Test\(\s*"((?:[A-Z]\d+(?:,| and)? )+)/) {
        for identifier in match.1.matches(of: /[A-Z]\d+/) {
          let name = String(file.split(separator: "/").last?.dropLast(6) ?? "")
          tested[String(identifier.0), default: []].insert(name)
        }
      }
    }
    #expect(Set(shown.keys) == Set(tested.keys))
    for (identifier, files) in tested {
      let expected = files.sorted().joined(separator: ", ")
      #expect(shown[identifier] == expected, "\(identifier)")
    }
  }
}
