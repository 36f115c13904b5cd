import Foundation
import LeakReports
import TestSupport
import Testing

private let repetitions = ProcessInfo.processInfo.environment["REMNANT_REPETITIONS"]
  .flatMap { Int($0) }

/// The verdict on tasks doesn't depend on who runs when: `REMNANT_REPETITIONS=50 swift test --filter RepetitionTests`.
///
/// The other suites run every fixture once, beside each other.
@Suite(
  "Tasks, again and again on a busy machine",
  .enabled(if: repetitions != nil, "takes as often as REMNANT_REPETITIONS says, such as 50"),
  .serialized
)
struct RepetitionTests {
  private static let scenarios = [
    "stuck-task", "stuck-child", "stream-listener", "listening-actor", "listener-with-delegate",
    "held-continuation", "tasks-in-flight", "finished-group",
  ].filter(Fixture.scenarios.contains)

  @Test("One verdict", arguments: scenarios, Configuration.allCases)
  func verdict(scenario: String, configuration: Configuration) async throws {
    let loops = try (0..<2).map { _ in
      try Process.run(URL(filePath: "/bin/sh"), arguments: ["-c", "while :; do :; done"])
    }
    // Not terminated: the tests' own process ignores that signal, and so do its children.
    defer { for loop in loops { kill(loop.processIdentifier, SIGKILL) } }
    let fixture = try await Fixture.executable(configuration)
    let expected = try Fixture.expectation(of: scenario, configuration).exitStatus
    var verdicts: Set<[String]> = []
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for _ in 0..<(repetitions ?? 0) {
      let run = try await Subprocess.run(
        [
          try Built.tool(), "run", "--quiet", "--output", "report.json", "--force", "--", fixture,
          scenario,
        ],
        in: folder.url
      )
      #expect(run.exitStatus == expected, "\(run.transcript)")
      let report = try LeakReport(json: try folder.text("report.json"))
      verdicts.insert(
        report.findings.filter(\.isLeak).map { "\($0.signature) × \($0.count)" }.sorted()
      )
    }
    #expect(verdicts.count == 1, "\(verdicts)")
  }
}
