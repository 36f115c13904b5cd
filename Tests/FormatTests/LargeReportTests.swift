import Foundation
import LeakReports
import TestSupport
import Testing

/// Ten thousand findings, as a large program with one mistake in its base classes has them.
@Suite("Large reports") struct LargeReportTests {
  @Test("every format is written within 300 MB")
  func memory() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let report = folder.file("report.json")
    try AtomicFile.write(try SampleReport.many(10_000).jsonBytes(), to: report.path)
    let endings = ["txt", "json", "html", "md", "sarif", "xml", "dot", "folded", "pb"]
    let formats = try endings.map { try ReportFormat(outputPath: "leaks.\($0)") }
    #expect(Set(formats).union([.github]) == Set(ReportFormat.allCases))
    let files = endings.flatMap { ["--output", folder.file("leaks.\($0)").path] }
    // A process's greatest memory is told when it has ended: nothing of this test's own counts.
    let peak = try await Reader.python(
      """
      import resource, subprocess, sys
      tool, report, *files = sys.argv[1:]
      for options in [files, ["--format", "github"]]:
          subprocess.run([tool, "report", report] + options, check=True, stdout=subprocess.DEVNULL)
      print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, end="")
      """,
      [try Built.tool(), report.path] + files
    )
    #expect(try #require(Int(peak)) <= 300, "megabytes")
  }
}
