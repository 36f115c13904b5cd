import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

/// One program of many shapes, built in every way that takes something from what can be read.
@Suite("Ways to build") struct BuildVariantTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    var options: [String]
    var isStripped = false
    /// What can't be read then is said.
    var note: String?

    var testDescription: String {
      (options + (isStripped ? ["strip"] : [])).joined(separator: " ")
    }

    static let all = [
      Variant(options: ["-Onone", "-g"]),
      Variant(options: ["-O"], isStripped: true),
      Variant(options: ["-O", "-static-stdlib"], isStripped: true),
      Variant(
        options: ["-O", "-Xfrontend", "-disable-reflection-metadata"],
        note: "no reflection metadata"
      ),
    ]
  }

  /// What each of the ten cycles is named by.
  private static let leaked: Set<String> = [
    "Shapes.HoldsUncopyable", "Shapes.Locked", "Shapes.Pack", "Shapes.Hashes", "Shapes.Paths",
    "Shapes.Buffer", "Shapes.Model", "Shapes.Inline", "Shapes.Existentials",
  ]
  /// Objects that nothing leaks, in either mode.
  private static let sound: Set<String> = ["Shapes.Texts", "Shapes.Properties", "Shapes.Waiter"]

  @Test(
    "Nothing is invented, and what is leaked is found or said to be unreadable",
    arguments: Variant.all
  )
  func variant(_ variant: Variant) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = folder.file("Shapes").path
    let source = Fixture.root.appending(path: "Fixtures/Variants/Shapes.swift").path
    try await expectSuccess(
      ["swiftc", "-module-name", "Shapes", source, "-o", program] + variant.options
    )
    if variant.isStripped { try await expectSuccess(["strip", program]) }

    let kept = try await look(program, "keep", in: folder)
    #expect(kept.run.exitStatus == 0, "\(kept.run.transcript)")
    #expect(kept.report.findings.filter(\.isLeak).isEmpty, "\(kept.run.transcript)")
    #expect(kept.report.summary.countsNegative == 0)

    let leaky = try await look(program, "leak", in: folder)
    #expect(leaky.report.summary.countsNegative == 0)
    let members = Set(leaky.report.findings.flatMap(\.members).map { plain($0.type) })
    #expect(members.isDisjoint(with: Self.sound))
    #expect(Self.leaked.subtracting(members) == [], "\(leaky.run.transcript)")
    if let note = variant.note {
      #expect(leaky.report.summary.notes.contains { $0.contains(note) })
    } else {
      #expect(leaky.run.exitStatus == 23, "\(leaky.run.transcript)")
      let cycles = leaky.report.findings.filter { $0.kind == .retainCycle }
      #expect(cycles.count >= 6, "\(leaky.run.transcript)")
    }
  }

  private func look(
    _ program: String,
    _ mode: String,
    in folder: TemporaryFolder
  ) async throws -> (run: Subprocess, report: LeakReport) {
    let file = folder.file("\(mode).json")
    let run = try await Subprocess.run(
      [try Built.tool(), "run", "--output", file.path, "--", program, mode]
    )
    #expect(run.output == "done\n", "\(run.transcript)")
    return (run, try LeakReport(json: try String(contentsOf: file, encoding: .utf8)))
  }

  private func plain(_ type: String) -> String { String(type.prefix { $0 != "<" }) }

  private func expectSuccess(_ command: [String]) async throws {
    let run = try await Subprocess.run(command)
    try #require(run.exitStatus == 0, "\(run.transcript)")
  }
}
