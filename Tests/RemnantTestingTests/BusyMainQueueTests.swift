import Foundation
import LeakReports
import TestSupport
import Testing

/// Checks while something else has the main queue, or an actor that the release needs.
@Suite("Checks beside a busy main queue") struct BusyMainQueueTests {
  /// In a process of their own: the main queue is the other tests' as well.
  private func run(
    _ filter: String,
    _ library: String = "swift-testing"
  ) async throws -> Subprocess {
    let bundle = try Built.testBundle()
    return try await Subprocess.run(
      library == "xctest"
        ? [bundle, filter] : [bundle, "--testing-library", library, "--filter", filter],
      environment: ["REMNANT_BUSY_MAIN_QUEUE": "1"],
      timeout: 300
    )
  }

  @Test(
    "no object is called alive that only waits for its turn",
    arguments: ["OnMainActor", "Held", "OnActor"]
  )
  func waiting(cell: String) async throws {
    let run = try await run("BusyMainQueueCells/\(cell)")
    #expect(run.transcript.contains("Test run with"), "\(run.transcript)")
    #expect(run.exitStatus == 0, "\(run.transcript)")
    // What was gone before the snapshot is a warning: nothing says then what it waited for.
    let isSilent = !run.transcript.contains("an object")
    #expect(isSilent || cell == "OnActor", "\(run.transcript)")
  }

  @Test("nor in XCTest, where a block has the main queue for longer than the limit")
  func xctest() async throws {
    let run = try await run("RemnantTestingTests.BusyMainQueueCase", "xctest")
    #expect(run.output.contains("Executed 5 tests, with 0 failures"), "\(run.transcript)")
    #expect(run.exitStatus == 0, "\(run.transcript)")
  }

  @Test("what is leaked fails all the same")
  func leaked() async throws {
    let run = try await run("BusyMainQueueCells/Leaked")
    #expect(run.exitStatus != 0)
    #expect(run.transcript.contains("3 issues"), "\(run.transcript)")
    #expect(!run.transcript.contains("undecided"), "\(run.transcript)")
  }

  @Test("what can't run while a check waits leaves it undecided: a warning, and no failure")
  func undecided() async throws {
    let run = try await run("BusyMainQueueCells/Undecided")
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.transcript.contains("undecided: the main queue"), "\(run.transcript)")
  }

  @Test(
    "what is undecided is counted by `remnant test`, and fails where that is wanted",
    arguments: ["BusyMainQueueCells.Undecided", "UndecidedCase"],
    [false, true]
  )
  func counted(filter: String, fails: Bool) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let run = try await Subprocess.run(
      [
        try Built.tool(), "test", "--quiet", "--bundle", try Built.testBundle(), "--filter", filter,
        "--output", folder.file("report.json").path,
      ] + (fails ? ["--fail-on", "retain-cycle,undecided"] : []),
      environment: ["REMNANT_BUSY_MAIN_QUEUE": "1"],
      timeout: 300
    )
    #expect(run.exitStatus == (fails ? 23 : 0), "\(run.transcript)")
    let report = try LeakReport(json: try folder.text("report.json"))
    #expect(report.summary.undecided == 2)
    #expect(
      report.summary.notes.contains { $0.contains("BusyMainQueueCells.swift:") },
      "\(report.summary.notes)"
    )
  }
}
