import Foundation
import TestSupport
import Testing

@Suite("The fixtures, without Remnant", .serialized)
struct FixtureTests {
  @Test("Every scenario has an expectation, and every expectation a scenario")
  func names() async throws {
    let executable = try await Fixture.executable(.debug)
    let run = try await Subprocess.run([executable, "--list"], in: Fixture.root)
    #expect(run.exitStatus == 0, "\(run.transcript)")
    let listed = run.output.split(separator: "\n").map(String.init)
    #expect(listed.sorted() == Fixture.scenarios)
    #expect(!listed.isEmpty)
  }

  @Test("What is alive is what is leaked and what is held", arguments: Configuration.allCases)
  func truth(configuration: Configuration) async throws {
    let executable = try await Fixture.executable(configuration)
    for scenario in Fixture.scenarios {
      let expectation = try Fixture.expectation(of: scenario, configuration)
      let run = try await Subprocess.run([executable, scenario], in: Fixture.root)
      #expect(run.exitStatus == 0, "\(run.transcript)")
      let truth = try JSONDecoder().decode(Truth.self, from: Data(run.output.utf8))
      #expect(truth.scenario == scenario)
      #expect(truth.living == expectation.alive, "\(scenario), \(configuration)")
      #expect(expectation.scenario == scenario)
      #expect((expectation.exitStatus == 23) == !expectation.leakedTypes.isEmpty, "\(scenario)")
    }
  }
}

// A suite for each configuration: one program after the other in each, and both beside each other.

@Suite("The fixtures in debug builds, with Remnant", .serialized) struct DebugFixtureTests {
  @Test("Remnant reports what is leaked, and nothing else", arguments: Fixture.scenarios)
  func report(scenario: String) async throws { try await expectReport(of: scenario, .debug) }
}

@Suite("The fixtures in optimized builds, with Remnant", .serialized) struct ReleaseFixtureTests {
  @Test("Remnant reports what is leaked, and nothing else", arguments: Fixture.scenarios)
  func report(scenario: String) async throws { try await expectReport(of: scenario, .release) }
}

/// Expects what the scenario's expectation says, and the program's own output.
private func expectReport(of scenario: String, _ configuration: Configuration) async throws {
  let expectation = try Fixture.expectation(of: scenario, configuration)
  let executable = try await Fixture.executable(configuration)
  let tool = try Built.tool()
  let alone = try await Subprocess.run([executable, scenario], in: Fixture.root)
  let check = {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let run = try await Subprocess.run(
      [tool, "run", "--format", "json", "--output", file.path, "--", executable, scenario],
      in: Fixture.root
    )
    #expect(run.exitStatus == expectation.exitStatus, "\(run.transcript)")
    #expect(run.output == alone.output)

    let data = try Data(contentsOf: file)
    let report = try JSONDecoder().decode(Report.self, from: data)
    #expect(report.schemaVersion == 1)
    #expect(report.target.exitStatus == 0)
    let comparison = ReportComparison(report: report, expectation: expectation)
    #expect(
      comparison.differences == [],
      "\(String(decoding: data.prefix(20_000), as: UTF8.self))"
    )
  }
  if let gap = expectation.knownGap {
    await withKnownIssue(Comment(rawValue: gap), isIntermittent: true) { try await check() }
  } else {
    try await check()
  }
}
