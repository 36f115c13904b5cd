import Foundation
import Testing

/// The page of pitfalls and its tests.
@Suite struct PitfallsPageTests {
  private let page: String
  private let tests: String

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    page = try String(
      contentsOf: root.appending(
        path: "Sources/WeakReferences/WeakReferences/WeakReferences.docc/Pitfalls.md"
      ),
      encoding: .utf8
    )
    tests = try String(
      contentsOf: folder.appending(path: "Examples/Pitfalls.swift"),
      encoding: .utf8
    )
  }

  @Test("the page shows code as it is compiled")
  func code() {
    let shown = page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    let compiled = tests.components(separatedBy: "// pitfall: ").dropFirst().map { part in
      let lines = part.components(separatedBy: "// end\n")[0].split(separator: "\n", maxSplits: 1)
      return String(lines[1])
    }
    #expect(!shown.isEmpty)
    #expect(shown == compiled)
  }
}
