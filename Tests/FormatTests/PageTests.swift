import Foundation
import LeakReports
import TestSupport
import Testing

/// The page, in a real browser at the widths of a desk and of a phone.
@Suite("The HTML page") struct PageTests {
  /// What `browser.js` expects of a page.
  private struct Expected: Encodable {
    var findings: Int
    var boxes = 2
    var edges = 2
    var changes = 1
    var type: String
    var search: String
    var census: Bool
    /// Signatures to follow.
    var links: [String]
    /// The whole type of the first of them, where the page shortens it.
    var long: String?
  }

  private let everything = Expected(
    findings: SampleReport.everything.findings.count,
    type: SampleReport.awkward,
    search: "App.Kind3",
    census: true,
    links: ["00000000000000d1", "00000000000000a2"],
    long: SampleReport.long
  )

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
    let script = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "browser.js"
      ),
      encoding: .utf8
    )
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
      links: ["00000000000007d0", "0000000000000100"]
    )
    let results = try await results(of: [
      ("everything", try page(SampleReport.everything), everything),
      ("many", try page(many), large),
    ])
    #expect(results == "all good")
  }

  @Test(
    "a broken picture, search or sort is told: the check can fail",
    arguments: [
      ("class: \"edge\" + change", "class: \"edge\"", "marked edge"),
      ("texts[index].includes(word)", "true", "search for nothing"),
      ("return descending ? -order : order", "return 0", "census by"),
      ("addEventListener(\"hashchange\"", "addEventListener(\"nothing\"", "link to"),
    ]
  )
  func broken(part: String, by: String, complaint: String) async throws {
    let html = try page(SampleReport.everything)
    try #require(html.contains(part))
    let results = try await results(of: [("broken", html.replacing(part, with: by), everything)])
    #expect(results.contains(complaint), "\(results)")
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

  @Test("nothing is fetched: no address, no file, in any report")
  func offline() throws {
    let html = try page(SampleReport.accepted)
    // The name of SVG is no address.
    let addresses = html.replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!addresses.contains("http:") && !addresses.contains("https:"))
    #expect(!html.contains(" src=") && !html.contains("@import") && !html.contains("url("))
  }
}
