import Foundation
import HeapAnalysis
import LeakReports
import RemnantConfiguration
import TestSupport
import Testing

/// The pages of reference are complete: what the sources have, they have.
@Suite("The pages of reference") struct ReferencePageTests {
  // MARK: Environment variables

  /// Every variable that the sources name: ours anywhere, those of others where the products read them.
  private static func variables() throws -> Set<String> {
    var names: Set<String> = []
    let own =
      /["$\{]((REMNANT|WEAK_REFERENCES)_[A-Z_]+)["\}\/:]|\$(REMNANT_[A-Z_]+)|(REMNANT_[A-Z_]+)=/
    let others = /(?:getenv\(|nvironment\[)"([A-Z_]+)"/
    for folder in [
      "Sources", "Plugins", "Tests", "Benchmarks", ".ci", "Documentation/Workflows",
      "Package.swift",
    ] {
      for file in try files(below: folder) {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
        for match in text.matches(of: own) {
          for name in [match.1, match.3, match.4].compactMap({ $0 }) { names.insert(String(name)) }
        }
        guard ["Sources", "Plugins", "Package.swift"].contains(folder) else { continue }
        for match in text.matches(of: others) { names.insert(String(match.1)) }
      }
    }
    // What a test of the recorder hands on to see that it arrives.
    return names.subtracting(["REMNANT_COLOR"])
  }

  private static func files(below path: String) throws -> [URL] {
    let url = Page.root.appending(path: path)
    guard try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true else {
      return [url]
    }
    let inside = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
    return inside?.compactMap { $0 as? URL }.filter { !$0.path.contains("/.build") } ?? []
  }

  @Test("name every environment variable of the sources, and no other")
  func environment() throws {
    let page = try Page("Documentation/EnvironmentVariables.md").text
    let documented = Set(page.matches(of: /`([A-Z][A-Z_]{1,})`/).map { String($0.1) })
    let used = try Self.variables()
    #expect(used.isSuperset(of: ["NO_COLOR", "REMNANT_LEAK_CHECKS", "REMNANT_CONTROL_FD"]))
    #expect(used.subtracting(documented) == [], "the page doesn't have these")
    // The tests' own, whose name is here and nowhere else.
    #expect(documented.subtracting(used) == [], "nothing reads these")
  }

  // MARK: Commands

  @Test("name every option of every command")
  func options() async throws {
    let page = try Page("Documentation/Interface.md").text
    let general = try await Subprocess.run([try Built.tool(), "help"]).output
    let commands = general.matches(of: #/\n\x20\x20([a-z]+)\x20\x20/#).map { String($0.1) }
    #expect(commands.count >= 7)
    for command in commands {
      #expect(page.contains("`remnant \(command)"), "the page has no \(command)")
      let help = try await Subprocess.run([try Built.tool(), "help", command]).output
      for option in help.matches(of: #/\n\x20\x20(?:-\w, )?(--[a-z-]+)/#).map({ String($0.1) })
      where !["--help", "--version"].contains(option) {
        #expect(page.contains("`\(option)`"), "the page has no \(option) of \(command)")
      }
    }
  }

  @Test("name every kind, confidence, format, and file extension")
  func names() throws {
    let page = try Page("Documentation/Interface.md").text
    let names =
      FindingKind.allCases.map(\.rawValue) + Confidence.allCases.map(\.rawValue)
      + ReportFormat.allCases.map(\.rawValue)
    for name in names { #expect(page.contains("`\(name)`")) }
    for row in page.matches(of: /\n\| `(\w+)` \| (.*?) \|/) {
      guard let format = ReportFormat(rawValue: String(row.1)) else { continue }
      for ending in row.2.matches(of: /`(\.[a-z.]+)`/) {
        #expect(try ReportFormat(outputPath: "leaks\(ending.1)") == format)
      }
    }
  }

  // MARK: Settings

  @Test("show a configuration that is read, with every setting")
  func configuration() throws {
    let page = try Page("Documentation/Configuration.md").text
    let example = try #require(page.firstMatch(of: /```yaml\n(?<body>(?:.*\n)*?)```/))
    let configuration = try Configuration(parsing: String(example.body), file: "the page")
    #expect(configuration.baseline == "leaks.baseline.json")
    #expect(configuration.limits.count == 1)
    // The message for an unknown one lists them all.
    let error = #expect(throws: ReportError.self) {
      try Configuration(parsing: "nothing: 1", file: "the page")
    }
    let settings = try #require(error).remedy.matches(of: /[a-z]+(-[a-z]+)*/)
      .map { String($0.output.0) }.filter { $0 != "use" }
    #expect(settings.count >= 7)
    for setting in settings { #expect(page.contains("| `\(setting)` |"), "\(setting)") }
  }

  // MARK: Libraries

  @Test(
    "lead to every public name of a library",
    arguments: [
      "WeakReferences/WeakReferences", "Testing/Remnant", "Testing/RemnantTesting",
    ]
  )
  func library(path: String) throws {
    let name = path.split(separator: "/").last ?? ""
    let page = try Page("Sources/\(path)/\(name).docc/\(name).md").text
    let topics = try #require(page.split(separator: "## Topics").last)
    let declaration = #/\n(?:@\S+\s)*public (?:final )?(?:class|struct|enum|protocol|func) (\w+)/#
    var names: Set<String> = []
    for file in try Self.files(below: "Sources/\(path)") where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      names.formUnion(text.matches(of: declaration).map { String($0.1) })
    }
    #expect(names.count >= 5)
    for name in names {
      #expect(topics.contains("``\(name)") || topics.contains("/\(name)``"), "\(name)")
    }
  }

  // MARK: Links

  private static let pages = ["README.md", "CONTRIBUTING.md"]

  @Test("link only to what there is")
  func links() throws {
    var all = Self.pages.map { Page.root.appending(path: $0) }
    all += try Self.files(below: "Documentation").filter { $0.pathExtension == "md" }
    var targets = 0
    for page in all {
      let text = try String(contentsOf: page, encoding: .utf8)
      for link in text.matches(of: /\]\(([^)\s]+)\)/) where !link.1.contains("://") {
        let parts = link.1.split(separator: "#", omittingEmptySubsequences: false)
        let target =
          parts[0].isEmpty
          ? page : URL(filePath: String(parts[0]), relativeTo: page.deletingLastPathComponent())
        let name = "\(page.lastPathComponent) → \(link.1)"
        #expect(FileManager.default.fileExists(atPath: target.path), "\(name)")
        targets += 1
        guard parts.count == 2 else { continue }
        let there = try String(contentsOf: target, encoding: .utf8)
        #expect(Self.anchors(in: there).contains(String(parts[1])), "\(name)")
      }
    }
    #expect(targets > 40)
  }

  /// The headings of a page as GitHub names them in addresses.
  private static func anchors(in page: String) -> [String] {
    page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
      heading.drop { $0 == "#" || $0 == " " }.lowercased().filter {
        $0.isLetter || $0.isNumber || " -_".contains($0)
      }
      .replacing(" ", with: "-")
    }
  }
}
