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
    "a format of the contract that isn't written yet is refused by name",
    arguments: ReportFormat.allCases.filter { !ReportFormat.implemented.contains($0) }
  )
  func notYet(format: ReportFormat) {
    let error = #expect(throws: ReportError.self) { try ReportFormat(parsing: format.rawValue) }
    #expect(error?.description.contains("not in this version") == true)
    #expect(error?.remedy.contains("text, json") == true)
  }

  @Test(
    "so is its ending",
    arguments: [
      "a.html", "a.md", "a.sarif", "a.sarif.json", "a.xml", "a.collapsed", "a.folded", "a.pprof",
      "a.pb.gz",
    ]
  )
  func endingsNotYet(path: String) {
    let error = #expect(throws: ReportError.self) { try ReportFormat(outputPath: path) }
    #expect(error?.description.contains("not in this version") == true)
  }

  @Test("an unknown name or ending is refused with the known ones")
  func unknown() {
    #expect(throws: ReportError.self) { try ReportFormat(parsing: "yaml") }
    let error = #expect(throws: ReportError.self) { try ReportFormat(outputPath: "a.jsno") }
    #expect(error?.remedy.contains("--format") == true)
  }
}
