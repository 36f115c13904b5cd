import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

@testable import ProgramRunner

@Suite struct ReportOutputTests {
  private func report(complete: Bool = true) -> LeakReport {
    LeakReport(
      tool: LeakReport.Tool(version: "1"),
      target: LeakReport.Target(executable: "/bin/app", arguments: 0, pid: 1, toolchain: "6.3"),
      capture: LeakReport.Capture(
        moment: .exit,
        complete: complete,
        durationSeconds: 0,
        pauseSeconds: 0
      ),
      summary: LeakReport.Summary(liveObjects: 3, liveBytes: 96, countsExplained: 3)
    )
  }

  @Test("A report is written to each file in the file's own format")
  func files() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var output = ReportOutput(isQuiet: true)
    output.files = [
      .init(format: .json, path: folder.file("a.json").path),
      .init(format: .html, path: folder.file("a.html").path),
    ]
    try output.write(report())
    let json = try Data(contentsOf: folder.file("a.json"))
    #expect(try LeakReport(json: json, file: "a.json").target.executable == "/bin/app")
    #expect(try folder.text("a.html").hasPrefix("<!DOCTYPE html>"))
  }

  @Test("A hyphen is the standard output, and a relative path is that of the folder of the start")
  func paths() {
    #expect(ReportOutput.File(format: .json, path: "-").path == "/dev/stdout")
    let folder = FileManager.default.currentDirectoryPath
    #expect(ReportOutput.File(format: .json, path: "a.json").path == "\(folder)/a.json")
  }

  @Test("A report that leaves a doubt doesn't update the baseline")
  func doubt() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var output = ReportOutput(isQuiet: true)
    output.baselineToUpdate = folder.file("baseline.json").path
    let error = #expect(throws: ReportError.self) { try output.write(report(complete: false)) }
    #expect(error?.message.hasPrefix("the baseline was not updated: ") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("baseline.json").path))
    try output.write(report())
    #expect(FileManager.default.fileExists(atPath: folder.file("baseline.json").path))
  }

  @Test("What is judged later accepts nothing yet, and shows and fails what it did")
  func accumulating() {
    var output = ReportOutput()
    output.depth = 7
    output.shownKinds = [.zombie]
    output.accepted.baseline = Baseline(report())
    let later = output.accumulating
    #expect(later.accepted.baseline == nil)
    #expect(later.depth == 7 && later.shownKinds == [.zombie])
  }
}
