import Foundation
import LeakReports
import TestSupport
import Testing

/// Programs that run on and on: the snapshot comes first, then the end.
@Suite("Programs that don't end by themselves") struct LongRunningTests {
  private struct Look {
    var run: Subprocess
    var report: LeakReport
  }

  private func look(
    options: [String] = [],
    server arguments: [String],
    _ configuration: Configuration = .debug
  ) async throws -> Look {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let command =
      [try Built.tool(), "run"] + options
      + ["--output", file.path, "--", try await server(configuration)] + arguments
    let run = try await Subprocess.run(command)
    return Look(
      run: run,
      report: try LeakReport(json: try String(contentsOf: file, encoding: .utf8))
    )
  }

  private func server(_ configuration: Configuration) async throws -> String {
    try await Fixture.executable(configuration, named: "RemnantServer")
  }

  private func expectLeaks(in look: Look) {
    let report = look.report
    #expect(report.leakedTypes.map(\.type) == ["RemnantServer.Session"], "\(look.run.transcript)")
    #expect(report.leakedTypes.map(\.count) == [10])
    #expect(report.summary.countsNegative == 0)
  }

  @Test(
    "A signal to the tool takes the snapshot first, and is passed on then",
    arguments: [SIGINT, SIGTERM, SIGHUP],
    Configuration.allCases
  )
  func interrupt(signal: Int32, configuration: Configuration) async throws {
    let look = try await look(server: ["plain", String(signal)], configuration)
    expectLeaks(in: look)
    #expect(look.run.exitStatus == 128 + signal)
    #expect(look.run.output == "ready\n")
    #expect(look.report.capture.moment == .interrupt)
    #expect(look.report.target.signal == Int(signal))
  }

  @Test("A program that handles the signal ends as it does without the tool")
  func graceful() async throws {
    let look = try await look(server: ["graceful", String(SIGINT)])
    expectLeaks(in: look)
    #expect(look.run.exitStatus == 23)
    #expect(look.report.capture.moment == .interrupt)
    #expect(look.report.target.exitStatus == 0)
  }

  @Test("A time limit takes the snapshot and ends the program", arguments: ["plain", "graceful"])
  func deadline(mode: String) async throws {
    let look = try await look(options: ["--after", "3s"], server: [mode])
    expectLeaks(in: look)
    #expect(look.run.exitStatus == 23)
    #expect(look.report.capture.moment == .after)
  }

  @Test("A program that ignores the polite signal is killed")
  func stubborn() async throws {
    let look = try await look(options: ["--after", "3s"], server: ["stubborn"])
    expectLeaks(in: look)
    #expect(look.run.exitStatus == 23)
    #expect(look.report.target.signal == Int(SIGKILL))
  }

  @Test("A program that ends before its time is up has its snapshot at its exit")
  func early() async throws {
    let run = try await Subprocess.run([
      try Built.tool(), "run", "--after", "1h", "--", try await Fixture.executable(.debug),
      "field-cycle",
    ])
    #expect(run.exitStatus == 23, "\(run.transcript)")
    #expect(!run.errors.contains("while the program ran"), "\(run.transcript)")
  }

  @Test("A duration that is none is wrong usage", arguments: ["", "soon", "-1s", "nan", "1e12h"])
  func duration(text: String) async throws {
    let run = try await Subprocess.run(
      [try Built.tool(), "run", "--after", text, "--", "/bin/true"]
    )
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("--after"), "\(run.transcript)")
  }

  // MARK: At a terminal

  @Test("Control-C reaches the tool, which takes its snapshot first")
  func controlC() async throws {
    let run = try await typing("\u{3}", after: "ready", into: [try await server(.debug)])
    #expect(run.exitStatus == 128 + SIGINT, "\(run.transcript)")
    #expect(run.output.contains("10 × RemnantServer.Session"), "\(run.transcript)")
  }

  @Test("A program that reads the terminal gets it, and Control-C with it")
  func reading() async throws {
    let typed = try await typing("hello\n\u{4}", after: "", into: ["/bin/cat"])
    #expect(typed.exitStatus == 0, "\(typed.transcript)")
    // Once from the terminal's echo, once from the program.
    #expect(typed.output.components(separatedBy: "hello").count == 3, "\(typed.transcript)")
    let interrupted = try await typing("hello\n\u{3}", after: "", into: ["/bin/cat"])
    #expect(interrupted.exitStatus == 128 + SIGINT, "\(interrupted.transcript)")
  }

  /// Runs the tool at a terminal of its own, and types when the program has printed something.
  private func typing(
    _ keys: String,
    after printed: String,
    into program: [String]
  ) async throws -> Subprocess {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let typist = folder.file("typist").path
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Typist.c")
    let build = try await Subprocess.run(["gcc", source.path, "-o", typist, "-lutil"])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    return try await Subprocess.run(
      [typist, printed, keys, try Built.tool(), "run", "--"] + program
    )
  }
}
