import Foundation
import LeakReports
import TestSupport
import Testing

/// What may be written over: reports, in whatever format, and nothing else.
@Suite("Telling reports from other files") struct RecognitionTests {
  @Test("A report in any format is known as one", arguments: ReportFormat.allCases)
  func reports(format: ReportFormat) throws {
    for report in [SampleReport.everything, SampleReport.accepted, SampleReport.many(300)] {
      let file = try Rendered(report, as: format, ending: "out")
      defer { file.remove() }
      try ReportRecognition.checkReplaceable(file.file.path)
    }
  }

  @Test("A difference is known as one, as text and as JSON")
  func differences() throws {
    let difference = ReportDifference(from: SampleReport.everything, to: SampleReport.accepted)
    #expect(ReportRecognition.isReport(Array(difference.text().utf8)))
    #expect(ReportRecognition.isReport(Array(try difference.json().utf8)))
  }

  @Test(
    "Other files are not taken for reports",
    arguments: [
      "import Foundation\nprint(\"live objects examined\")\n", "x", "{}", "{\"name\": \"remnant\"}",
      "<html><title>Leaks</title></html>", "digraph G {}", "# remnant\n\nLeaks of everything.\n",
      "total 4\n-rw-r--r-- 1 root root 5\nfile 12\n", "\u{7f}ELF\u{2}\u{1}",
      "{\"schemaVersion\": 1, \"tool\": \"other\"}", "::error file=a::b\nthen text\n",
      "{\"baselineVersion\" : 1, \"findings\" : []}",
    ]
  )
  func others(contents: String) throws {
    #expect(!ReportRecognition.isReport(Array(contents.utf8)))
  }
}
