import Foundation
import Testing

@testable import LeakReports

@Suite("Numbers and order") struct TallyTests {
  /// Six findings: leaks, a doubtful one, and one of each sort that is accepted.
  private func report() throws -> LeakReport {
    var report = Examples.doubtful
    let leak = report.findings[0]
    func add(_ signature: String, _ type: String, _ body: (inout LeakReport.Finding) -> Void) {
      var finding = leak
      finding.signature = signature
      finding.type = type
      body(&finding)
      report.findings.append(finding)
    }
    add("0000000000000001", "App.Known") { $0.baseline = .known }
    add("0000000000000002", "App.Few") { $0.count = 3 }
    add("0000000000000003", "App.Many") { $0.count = 30 }
    add("0000000000000004", "App.Meant") { _ in }
    report.apply(
      try Suppressions(parsing: "# Lives as long as the program.\nleak:App.Meant", file: "s")
    )
    report.apply(limits: ["0000000000000002": 5, "0000000000000003": 5])
    report.order()
    return report
  }

  @Test("every format shows the same numbers")
  func numbers() throws {
    let report = try report()
    let tally = report.tally
    #expect(tally.leaks == 2 && tally.others == 1)
    #expect(tally.known == 1 && tally.withinLimits == 1 && tally.suppressed == 1)
    #expect(tally.objects == 6 && tally.bytes == 320)
    let verdict = "2 leaks: 6 objects, 320 bytes"
    let text = TextReport.render(report, options: .init(width: 120))
    #expect(
      text.contains(
        "\(verdict) · 1 other finding · 1 known · 1 within its limit · 1 suppressed · "
          + "1,000 live objects"
      ),
      "\(text)"
    )
    #expect(TextReport.verdict(on: report) == "\(verdict).")
    let root = SourceRoot("/nowhere")
    let markdown = MarkdownReport.render(report, policy: .standard, root: root)
    #expect(markdown.contains("### ❌ 2 findings of"))
    #expect(markdown.contains("\(verdict). 1,000 live objects examined"), "\(markdown)")
    let gate = report.verdict(policy: .standard)
    #expect(
      gate.contains("2 failing · 1 known · 1 within limits · 1 suppressed · 0 fixed"),
      "\(gate)"
    )
    let github = GitHubReport.render(report, policy: .standard, root: root)
    #expect(github.split(separator: "\n").count { $0.hasPrefix("::error") } == tally.leaks)
    let junit = JUnitReport.render(report, policy: .standard, root: root)
    #expect(junit.contains("failures=\"2\""))
    let sarif = String(
      decoding: SARIFReport.render(report, policy: .standard, root: root),
      as: UTF8.self
    )
    #expect(sarif.matches(of: /"level" ?: ?"error"[,}]/).count >= tally.leaks)
  }

  @Test("where nothing is accepted, the numbers are those of the JSON summary")
  func summary() throws {
    let report = Examples.cycleByFields
    #expect(report.tally.objects == report.summary.leakedObjects)
    #expect(report.tally.bytes == report.summary.leakedBytes)
    #expect(report.tally.leaks == report.summary.findings)
    #expect(report.findings[0].objects == report.summary.leakedObjects)
  }

  @Test("every format lists the findings in the report's order: leaks, others, what is accepted")
  func order() throws {
    let report = try report()
    let types = report.findings.map(\.type)
    #expect(
      types == [
        "App.Tree.Node<Swift.String>", "App.Many", "Foundation.FileHandle", "App.Known", "App.Few",
        "App.Meant",
      ]
    )
    let root = SourceRoot("/nowhere")
    let policy = FailurePolicy.standard
    let formats = [
      MarkdownReport.render(report, policy: policy, root: root),
      GitHubReport.render(report, policy: policy, root: root),
      String(decoding: SARIFReport.render(report, policy: policy, root: root), as: UTF8.self),
      JUnitReport.render(report, policy: policy, root: root),
    ]
    #expect(try LeakReport(json: report.json()).findings.map(\.type) == types)
    for text in formats {
      let found = types.compactMap { type in
        text.range(of: type.replacing("<", with: "&lt;"))?.lowerBound
          ?? text.range(of: type)?.lowerBound
      }
      #expect(found.count >= types.count - 1, "what is suppressed may be left out: \(text)")
      #expect(found == found.sorted(), "\(text)")
    }
  }

  @Test("what is accepted is shown with what accepts it, and why")
  func accepted() throws {
    let text = TextReport.render(try report(), options: .init(width: 120))
    for line in [
      "Known: accepted by the baseline", "Within limits: accepted by `limits` of .remnant.yml",
      "retain cycle: 3 × App.Few, 160 bytes; at most 5 accepted",
      "limit        at most 5 accepted, 30 found", "Suppressed: accepted, with the reason",
      "leak:App.Meant  Lives as long as the program. (s:2)",
    ] { #expect(text.contains(line), "\(line)\n\(text)") }
  }

  @Test(
    "where there isn't room for all, those that fail are listed first to be kept, in the same order"
  )
  func room() throws {
    let report = try report()
    let policy = try FailurePolicy(parsing: "unbalanced-retain:possible")
    #expect(report.findings(atMost: 1, failing: policy).map(\.type) == ["Foundation.FileHandle"])
    #expect(
      report.findings(atMost: 2, failing: policy).map(\.type) == [
        "App.Tree.Node<Swift.String>", "Foundation.FileHandle",
      ]
    )
  }
}
