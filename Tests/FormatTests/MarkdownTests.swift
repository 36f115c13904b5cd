import Foundation
import LeakReports
import TestSupport
import Testing

/// Markdown as GitHub's renderer shows it, whatever the names are.
@Suite("Markdown") struct MarkdownTests {
  private func html(_ report: LeakReport) async throws -> String {
    let rendered = try Rendered(report, as: .markdown, ending: "md")
    defer { rendered.remove() }
    let run = try await Subprocess.run(
      ["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", rendered.file.path]
    )
    #expect(run.exitStatus == 0)
    return run.output
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  @Test(
    "a name is shown whole, in a table and out of one",
    arguments: [
      "App.`a`", "`a`", "``", "a``b", "`a``b", "a|b", "`|`", " a ", "a\\b\\|c", "<b>*a* &amp;",
      "[a](b)", "~~a~~",
    ]
  )
  func names(name: String) async throws {
    var report = SampleReport.many(1)
    report.findings[0].type = name
    report.target.executable = name
    let html = try await html(report)
    let code = "<code>\(escaped(name))</code>"
    #expect(html.contains("<td>retain cycle, proven: \(code)</td>"), "\(html)")
    #expect(html.contains("1 finding of \(code) fails"), "\(html)")
  }

  @Test(
    "a sentence's names are code, and the rest of it means itself",
    arguments: [
      ("make `Pet.owner` weak", "make <code>Pet.owner</code> weak"),
      ("make `Pet.`an owner`` weak", "make <code>Pet.`an owner`</code> weak"),
      (
        "make ``a | b`.owner` weak, and `c`",
        "make <code>`a | b`.owner</code> weak, and <code>c</code>"
      ),
      ("a `` b | c", "a `` b | c"), ("not `closed", "not `closed"),
      ("*a* <b> [c](d) \\ ~~e~~ &amp; _f_", "*a* &lt;b&gt; [c](d) \\ ~~e~~ &amp;amp; _f_"),
    ]
  )
  func sentences(text: String, shown: String) async throws {
    var report = SampleReport.many(1)
    report.findings[0].hint?.text = text
    report.findings[0].hint?.reason = ""
    report.summary.notes = [text]
    let html = try await html(report)
    #expect(html.contains("<td>\(shown)</td>"), "\(html)")
    #expect(html.contains("<li>\(shown)</li>"), "\(html)")
  }

  @Test("a title with line breaks stays in its line: what follows a blank one would be Markdown")
  func title() async throws {
    var report = SampleReport.many(1)
    report.findings[0].type = "App.X\n\n# INJECTED\r\n\r\n# AGAIN"
    let html = try await html(report)
    #expect(!html.contains("<h1>"), "\(html)")
  }

  @Test("a page has less than the 1 MiB that a job summary holds, and says what it leaves out")
  func size() async throws {
    var report = SampleReport.many(300)
    let long = String(repeating: "App|`é", count: 20_000)
    for index in report.findings.indices {
      report.findings[index].type = "\(index)\(long)"
      report.findings[index].hint?.text = long
    }
    report.summary.notes = Array(repeating: long, count: 300)
    report.fixed = Baseline(report).findings
    let bytes = try report.rendered(as: .markdown, policy: .standard, root: SourceRoot("/src"))
    #expect(bytes.count < 1 << 20)
    let html = try await html(report)
    let rows = html.matches(of: /<tr>/).count - 1
    #expect(rows > 50)
    #expect(html.contains("… and \(300 - rows) more findings."))
  }
}
