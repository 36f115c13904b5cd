import Foundation
import TestSupport
import Testing

/// Programs as people write them, on public packages: nothing is invented, and what is planted is found.
@Suite("Real programs", .serialized)
struct RealProgramTests {
  @Test("A clean one leaks nothing", arguments: RealProgram.all)
  func clean(program: RealProgram) async throws {
    let run = try await examine(program, "clean")
    #expect(run.alive == [:])
    #expect(run.command.exitStatus == 0, "\(run.command.transcript)")
    #expect(run.report.leakedTypes.isEmpty, "\(run.command.transcript)")
    #expect(run.report.findings.filter { $0.confidence != "possible" }.isEmpty)
    #expect(run.report.summary.countsNegative == 0)
  }

  @Test("A planted leak is found with its path and its fix", arguments: RealProgram.all)
  func leaky(program: RealProgram) async throws {
    let run = try await examine(program, "leaky")
    #expect(run.alive == program.leakedTypes)
    #expect(run.command.exitStatus == 23, "\(run.command.transcript)")
    #expect(run.report.summary.countsNegative == 0)
    let own = run.report.leakedTypes.filter { $0.type.hasPrefix("\(program.name).") }
    #expect(
      Dictionary(own.map { ($0.type, $0.count) }, uniquingKeysWith: +) == program.leakedTypes
    )

    // Beside it stand cycles of the packages' own objects that it holds, and nothing else.
    let findings = run.report.findings.filter { $0.type.hasPrefix("\(program.name).") }
    let finding = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(finding.kind == "retain-cycle")
    #expect(finding.confidence != "possible")
    let cycle = CyclePath(finding.path.map(\.via))
    #expect(cycle.isRotation(of: CyclePath(program.cycle)), "\(cycle.names)")
    let hint = try #require(finding.hint).text
    #expect(hint.hasPrefix(program.hint), "\(hint)")
  }

  private struct Examination {
    let command: Subprocess
    let report: Report
    /// What the program itself counted.
    let alive: [String: Int]
  }

  private func examine(_ program: RealProgram, _ mode: String) async throws -> Examination {
    let executable = try await program.executable()
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let command = try await Subprocess.run([
      try Built.tool(), "run", "--output", file.path, "--", executable, mode,
    ])
    let truth = try #require(command.output.split(separator: "\n").last, "\(command.transcript)")
    return Examination(
      command: command,
      report: try JSONDecoder().decode(Report.self, from: try Data(contentsOf: file)),
      alive: try JSONDecoder().decode([String: Int].self, from: Data(truth.utf8))
    )
  }
}
