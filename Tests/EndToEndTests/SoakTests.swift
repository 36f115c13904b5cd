import Foundation
import LeakReports
import TestSupport
import Testing

private let duration = ProcessInfo.processInfo.environment["REMNANT_SOAK"]

/// A server under load for as long as somebody asks for: `REMNANT_SOAK=10m swift test --filter SoakTests`.
@Suite(
  "A server under load, for a long time",
  .enabled(if: duration != nil, "takes as long as REMNANT_SOAK says, such as 10m")
)
struct SoakTests {
  @Test("Its memory stays flat while it is recorded, and its leaks are found at the end")
  func flat() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let run = try await Subprocess.run(
      [
        try Built.tool(), "run", "--quiet", "--after", try #require(duration),
        "--output", "report.json", "--",
        try await Fixture.executable(.release, named: "RemnantServer"),
        "busy",
      ],
      in: folder.url
    )
    #expect(run.exitStatus == 23, "\(run.transcript)")
    let report = try LeakReport(json: try folder.text("report.json"))
    #expect(report.leakedTypes.map(\.type) == ["RemnantServer.Session"])
    #expect(report.leakedTypes.map(\.count) == [10])
    #expect(report.summary.countsNegative == 0)

    // The first fifth is for what is filled once: caches, the pool's threads, the recorder's stacks.
    let sizes = run.output.split(separator: "\n").compactMap { Int($0) }
    try #require(sizes.count >= 20, "at least half a minute")
    let fifth = sizes.count / 5
    func median(_ sizes: some Collection<Int>) -> Int { sizes.sorted()[sizes.count / 2] }
    let early = median(sizes[fifth..<2 * fifth])
    let late = median(sizes.suffix(fifth))
    print("resident memory: \(early) KiB in the second fifth, \(late) KiB in the last")
    #expect(late - early < 2048 + early / 50, "KiB: \(sizes)")
  }
}
