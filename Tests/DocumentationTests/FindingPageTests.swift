import Foundation
import HeapAnalysis
import TestSupport
import Testing

/// Every page of `Documentation/Findings` shows a program, what the tool prints for it, and the program that is fixed.
@Suite("The pages of findings") struct FindingPageTests {
  private static let folder = "Documentation/Findings"

  /// The kinds that `remnant run` finds, by the names of their pages.
  private static let kinds = [
    "retain-cycle", "unbalanced-retain", "unreachable", "stuck-task", "zombie",
  ]

  @Test("show the tool's own output, for the leak and for its fix", arguments: kinds)
  func examples(kind: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let page = try Page("\(Self.folder)/\(kind).md")
    var found: [[String]] = []
    try await PageWalk(page: page, folder: folder).follow { command in
      guard let run = command.text.firstRange(of: "remnant run ") else { return }
      var again = command
      again.text.replaceSubrange(run, with: "remnant run --force --output report.json ")
      found.append(try await Self.kinds(reportedBy: again, in: folder))
    }
    try #require(found.count >= 2, "the page runs its example, and the fixed one")
    #expect(Set(found[0]) == [kind])
    #expect(found.last == [])
  }

  private static func kinds(
    reportedBy command: Page.Command,
    in folder: TemporaryFolder
  ) async throws -> [String] {
    _ = try await folder.remnant(
      command.text.split(separator: " ").drop { $0 != "remnant" }.dropFirst().map(String.init)
    )
    let report = try JSONDecoder().decode(
      Report.self,
      from: Data(try folder.text("report.json").utf8)
    )
    return report.findings.map(\.kind)
  }

  @Test("are there for every kind that a report can have")
  func complete() throws {
    let pages = try FileManager.default.contentsOfDirectory(
      atPath: Page.root.appending(path: Self.folder).path
    )
    let index = try Page("\(Self.folder)/README.md").text
    // `growth` is a name that is kept for later: nothing reports it yet.
    for kind in FindingKind.allCases.filter({ $0 != .growth }).map(\.rawValue) {
      #expect(pages.contains("\(kind).md"))
      #expect(index.contains("(\(kind).md)"), "the index has no link to \(kind)")
    }
  }

  @Test("are read in their index by an example that one of them has")
  func howToRead() throws {
    let index = try Page("\(Self.folder)/README.md").text
    let example = try #require(index.firstMatch(of: /\n```\n(?<body>(?:.*\n)*?)```/))
    let page = try Page("\(Self.folder)/retain-cycle.md").text
    #expect(page.contains(example.body))
  }

  @Test("show a survivor as the helper reports it")
  func survivor() async throws {
    let page = try Page("\(Self.folder)/survivor.md")
    let source = try String(
      contentsOf: Page.root.appending(
        path: "Tests/DocumentationTests/Examples/SurvivorExample.swift"
      ),
      encoding: .utf8
    )
    for part in source.components(separatedBy: "// example\n").dropFirst() {
      let lines = part.components(separatedBy: "// end\n")[0].split(separator: "\n")
      let indentation = lines[0].prefix { $0 == " " }
      let example =
        lines.filter { !$0.allSatisfy(\.isWhitespace) }
        .map { $0.hasPrefix(indentation) ? $0.dropFirst(indentation.count) : $0 }
        .joined(separator: "\n") + "\n"
      let shown = page.text.replacing("\n\n", with: "\n")
      #expect(shown.contains("```swift\n\(example)```"), "the example is:\n\(example)")
    }
    let run = try await Subprocess.run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter",
        "DocumentationTests.GalleryTests/",
      ],
      environment: ["REMNANT_EXAMPLES": "1"]
    )
    let isOnlyOne = run.errors.contains(/Test run with 2 tests .*failed .* with 1 issue/)
    #expect(isOnlyOne, "\(run.transcript)")
    let shown = try #require(page.text.firstMatch(of: /```text\n(?<body>(?:.*\n)*?)```/))
    #expect(shown.body.contains("survivor"))
    let isShown = PageWalk.shows("…\n\(shown.body)…\n", run.errors)
    #expect(isShown, "the failure is:\n\(run.errors)")
  }
}
