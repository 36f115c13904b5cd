import Foundation
import Testing

/// What the documentation shows is what the tests compile and run.
@Suite("The documentation") struct DocumentationTests {
  private func text(_ path: String) throws -> String { try ProjectFile.text(path) }

  @Test("has the use cases as they are tested")
  func useCases() throws {
    let page = try text("Sources/WeakReferences/WeakReferences/WeakReferences.docc/UseCases.md")
    let shown = page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    let folder = ProjectFile.root.appending(path: "Tests/WeakReferencesTests/Examples")
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
}
