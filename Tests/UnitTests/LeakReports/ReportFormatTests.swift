import Testing

@testable import LeakReports

@Suite("Formats")
struct ReportFormatTests {
  @Test("a format of this version is known by its name and by the file's ending")
  func known() throws {
    #expect(try ReportFormat(parsing: "text") == .text)
    #expect(try ReportFormat(parsing: "JSON") == .json)
    #expect(try ReportFormat(outputPath: "/tmp/a.b/leaks.json") == .json)
    #expect(try ReportFormat(outputPath: "leaks.txt") == .text)
    #expect(try ReportFormat(outputPath: "leaks.dot") == .dot)
    #expect(try ReportFormat(outputPath: "/tmp/a.b/leaks") == .text)
    #expect(try ReportFormat(outputPath: "/dev/stdout") == .text)
    #expect(try ReportFormat(outputPath: ".leaks") == .text)
  }

  @Test(
    "every format of the contract has its name and its endings",
    arguments: [
      ("a.html", ReportFormat.html), ("a.htm", .html), ("a.md", .markdown), ("a.sarif", .sarif),
      ("a.sarif.json", .sarif), ("a.xml", .junit), ("a.gv", .dot), ("a.collapsed", .collapsed),
      ("a.folded", .collapsed), ("a.pprof", .pprof), ("a.pb", .pprof),
    ]
  )
  func endings(path: String, format: ReportFormat) throws {
    #expect(try ReportFormat(outputPath: path) == format)
    #expect(try ReportFormat(parsing: format.rawValue) == format)
  }

  @Test("an unknown name or ending is refused with the known ones")
  func unknown() {
    #expect(throws: ReportError.self) { try ReportFormat(parsing: "yaml") }
    let error = #expect(throws: ReportError.self) { try ReportFormat(outputPath: "a.jsno") }
    #expect(error?.remedy.contains("--format") == true)
  }
}
