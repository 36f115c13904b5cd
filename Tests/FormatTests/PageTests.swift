import Foundation
import TestSupport
import Testing

@testable import LeakReports

/// The page, in a real browser at the widths of a desk and of a phone.
@Suite("The HTML page") struct PageTests {
  /// What `browser.js` expects of a page.
  private struct Expected: Encodable {
    var findings: Int
    /// Two objects, and the closure between them.
    var boxes = 3
    var edges = 3
    var changes = 1
    var type: String
    var search: String
    var census: Bool
    /// Signatures to follow.
    var links: [String]
    /// The whole type of the first of them, where the page shortens it.
    var long: String?
    var flame = false
    /// How wide `main` is in the flame graph, and what stands below everything.
    var main = 0.0
    var figures = ""
  }

  private let everything = Expected(
    findings: SampleReport.everything.findings.count,
    type: SampleReport.awkward,
    search: "App.Kind3",
    census: true,
    links: ["00000000000000d1", "00000000000000a2"],
    long: SampleReport.long,
    flame: true,
    main: 0.9,
    figures: "500 bytes live (100%), 250 bytes leaked (100%)"
  )

  /// Every part of a page, and call stacks of hostile names, some of them the system's.
  private var sample: LeakReport {
    var report = SampleReport.everything
    report.stacks[0].libraryFrames = [0]
    report.stacks.append(
      .init(
        count: 1,
        bytes: 150,
        leakedCount: 1,
        leakedBytes: 150,
        frames: [SampleReport.awkward, "main"]
      )
    )
    return report
  }

  private func results(
    of pages: [(name: String, html: String, expected: Expected)]
  ) async throws -> String {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let encoder = JSONEncoder()
    let entries = try pages.map { page in
      let parts = try [
        encoder.encode(page.name), encoder.encode(page.html), encoder.encode(page.expected),
      ]
      return "[\(parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", "))]"
    }.joined(separator: ", ").replacing("<", with: "\\u003c")
    let script = try ["browser-flame.js", "browser.js"].map {
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: $0)
      return try String(contentsOf: file, encoding: .utf8)
    }.joined()
    let harness =
      "<!DOCTYPE html><meta charset=utf-8><body><script>const pages = [\(entries)];\n\(script)</script></body>"
    try Data(harness.utf8).write(to: folder.file("harness.html"))
    let run = try await chromium(folder.file("harness.html").path, in: folder)
    let match = run.output.firstMatch(of: /<pre id="results">([^<]*)<\/pre>/)
    return match.map { String($0.1) } ?? "no result: \(run.transcript.suffix(2000))"
  }

  /// How long the browser may take: seconds, or on a busy machine a minute.
  private static let limit = 150.0

  /// What stands in a page after its scripts.
  ///
  /// Chromium itself hangs now and then at its start, on a busy machine: once it may.
  private func chromium(_ page: String, in folder: TemporaryFolder) async throws -> Subprocess {
    do { return try await browse(page, in: folder, profile: "profile") } catch is Subprocess
      .TimedOut
    {
      print("PageTests: Chromium hung for \(Self.limit) s, and is started once more")
      return try await browse(page, in: folder, profile: "second-profile")
    }
  }

  private func browse(
    _ page: String,
    in folder: TemporaryFolder,
    profile: String
  ) async throws -> Subprocess {
    try await Subprocess.run(
      [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu",
        "--user-data-dir=\(folder.file(profile).path)",
        "--window-size=1400,1000", "--virtual-time-budget=30000", "--dump-dom", page,
      ],
      environment: ["HOME": folder.url.path],
      timeout: Self.limit
    )
  }

  private func page(_ report: LeakReport) throws -> String {
    let root = SourceRoot(Reader.root.path)
    return String(
      decoding: try HTMLReport.render(report, policy: .standard, root: root),
      as: UTF8.self
    )
  }

  @Test("picture, search, order, tables, themes, keyboard: at two widths, small and large")
  func works() async throws {
    let many = SampleReport.many(10_000)
    let large = Expected(
      findings: 10_000,
      type: "App.Module0.Type0",
      search: "App.Module77.Type4277",
      census: false,
      links: ["00000000000007d0", "0000000000000100"],
      flame: true
    )
    let results = try await results(of: [
      ("everything", try page(sample), everything),
      ("many", try page(many), large),
    ])
    #expect(results == "all good")
  }

  /// Parts of the page, what breaks them, and the check that must notice.
  private static let breakages = [
    ("class: \"edge\" + change", "class: \"edge\"", "marked edge"),
    ("texts[index].includes(word)", "true", "search for nothing"),
    ("return descending ? -order : order", "return 0", "census by"),
    ("addEventListener(\"hashchange\"", "addEventListener(\"nothing\"", "link to"),
    ("nodes.push(closure(step.location))", "nodes.push(object(step.to))", "the closure stands"),
    ("width * value(child) / value(node)", "width / 2", "widths are bytes"),
    ("if (box) zoom(box.node)", "if (box) select(box, true)", "a click zooms in"),
    ("place += 1) open(place)", "place += 1) break", "all is open on paper"),
  ]

  @Test("what is broken is noticed: the checks can fail")
  func broken() async throws {
    let html = try page(sample)
    let pages = try Self.breakages.enumerated().map { index, breakage in
      try #require(html.contains(breakage.0), "\(breakage.0)")
      return ("page \(index),", html.replacing(breakage.0, with: breakage.1), everything)
    }
    let lines = try await results(of: pages).split(separator: "\n")
    for (index, breakage) in Self.breakages.enumerated() {
      #expect(
        lines.contains { $0.hasPrefix("page \(index),") && $0.contains(breakage.2) },
        "\(breakage.2) in \(lines.filter { $0.hasPrefix("page \(index),") })"
      )
    }
  }

  @Test("a page that is opened by a link to a finding shows it, however far down it is")
  func linked() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("leaks.html")
    try Data(page(SampleReport.many(300)).utf8).write(to: file)
    let run = try await chromium("\(file.absoluteString)#00000000000000ff", in: folder)
    let open = run.output.matches(
      of: /<details class="finding[^>]*data-signature="([^"]*)"[^>]*open/
    )
    #expect(open.map { String($0.1) } == ["00000000000000ff"], "\(run.errors)")
  }

  @Test(
    "the verdict's words and color agree",
    arguments: [
      (FailurePolicy.standard, "bad", "Check failed: "),
      (FailurePolicy(thresholds: [:]), "doubt", "Check passed with "),
    ]
  )
  func verdict(policy: FailurePolicy, color: String, words: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let html = try HTMLReport.render(sample, policy: policy, root: SourceRoot(Reader.root.path))
    try Data(html).write(to: folder.file("leaks.html"))
    let run = try await chromium(folder.file("leaks.html").path, in: folder)
    let pill = /<p class="verdict"><strong class="([^"]*)">([^<]*)</
    let match = try #require(run.output.firstMatch(of: pill), "\(run.errors)")
    #expect(match.1 == color && match.2.hasPrefix(words), "\(match.1): \(match.2)")
  }

  @Test(
    "text stands out from what is behind it as WCAG AA asks for: 4.5 to 1",
    arguments: [false, true]
  )
  func contrast(isDark: Bool) throws {
    let html = try page(sample)
    let style = try #require(html.firstMatch(of: /<style>([^<]*)<\/style>/))
    let sheet = StyleSheet(String(style.1), isDark: isDark)
    // What is found in the sheet, so that a sheet of another style can't pass by having nothing.
    #expect(
      sheet.texts.isSuperset(
        of: ["ink", "soft", "red", "amber", "green", "blue"].map { "var(--\($0))" }
      )
    )
    #expect(sheet.grounds.count >= 7 && sheet.pairs.count >= 4, "\(sheet.grounds) \(sheet.pairs)")
    for pair in sheet.pairs {
      // A frame is colored by how much of it is leaked, and toned by its name.
      for (leaked, tone) in [(0, 0), (50, 0), (100, 0), (0, 33), (100, 33)] {
        let values = ["leaked": "\(leaked)%", "tone": "\(tone)%"]
        let text = try #require(sheet.color(pair.text, values), "\(pair)")
        let ground = try #require(sheet.color(pair.ground, values), "\(pair)")
        #expect(text.contrast(to: ground) >= 4.5, "\(pair) \(values)")
      }
    }
    // What is translucent is less than its color says: only what can't be used may be.
    #expect(sheet.translucent == ["button:disabled"])
  }

  @Test("the computation of contrast is right: black on white is 21 to 1, and a mix is in between")
  func contrastItself() throws {
    let sheet = StyleSheet(":root { --a: light-dark(#000000, #ffffff); }", isDark: false)
    let black = try #require(sheet.color("var(--a)"))
    let white = try #require(sheet.color("#ffffff"))
    #expect(abs(black.contrast(to: white) - 21) < 0.001)
    #expect(white.contrast(to: white) == 1)
    // 4.48 to 1, WCAG's own example of a gray that fails on white.
    let gray = try #require(sheet.color("#777777"))
    #expect(abs(gray.contrast(to: white) - 4.48) < 0.01)
    let mix = try #require(sheet.color("color-mix(in srgb, var(--a) 25%, #ffffff)"))
    #expect(mix == StyleSheet.Color(red: 0.75, green: 0.75, blue: 0.75))
    #expect(
      StyleSheet(":root { --a: light-dark(#000000, #ffffff); }", isDark: true).color("var(--a)")
        == white
    )
  }

  @Test("nothing is fetched: no address, no file, in any report")
  func offline() throws {
    let html = try page(SampleReport.accepted)
    // The name of SVG is no address.
    let addresses = html.replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!addresses.contains("http:") && !addresses.contains("https:"))
    #expect(!html.contains(" src=") && !html.contains("@import") && !html.contains("url("))
  }
}
