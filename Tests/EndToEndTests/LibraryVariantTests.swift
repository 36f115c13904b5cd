import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

/// Classes of libraries: a resilient one that grew after the program was built, one that is opened at
/// run time, and values of C++.
@Suite("Classes from libraries") struct LibraryVariantTests {
  private let sources = Fixture.root.appending(path: "Fixtures/Variants/Libraries")

  @Test("of a resilient library and of one that the program opens", arguments: ["-Onone", "-O"])
  func libraries(optimization: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let root = folder.file("").path
    func library(_ name: String, _ options: [String]) async throws {
      try await compile(
        ["-emit-library", "-emit-module", "-module-name", name, optimization] + options
          + [source("\(name).swift"), "-o", folder.file("lib\(name).so").path]
      )
    }
    try await library("Resilient", ["-enable-library-evolution"])
    try await library("Plugin", [])
    let program = folder.file("Libraries").path
    try await compile([
      optimization, "-I\(root)", "-L\(root)", "-lResilient", "-Xlinker", "-rpath", "-Xlinker", root,
      source("Libraries.swift"), "-o", program,
    ])
    // Every offset that the program was compiled with is another one now.
    try await library("Resilient", ["-enable-library-evolution", "-D", "SECOND"])

    let plugin = folder.file("libPlugin.so").path
    try await expectNothing([program, "keep", plugin], in: folder)
    let report = try await look([program, "leak", plugin], in: folder)
    #expect(
      leaked(report) == [
        "Libraries.Customer": 5, "Libraries.Directory<Swift.AnyObject>": 1, "Resilient.Account": 1,
        "Plugin.Gear": 3, "Plugin.Engine<Swift.AnyObject>": 1,
      ]
    )
    #expect(
      cycles(report) == [
        "Libraries.Customer: address.neighbor", "Libraries.Customer: home.neighbor",
        "Libraries.Customer: last", "Libraries.Customer: owner",
        "Libraries.Directory<Swift.AnyObject>: account → owner",
        "Plugin.Engine<Swift.AnyObject>: part", "Plugin.Gear: next → others[]",
        "Plugin.Gear: onTurn",
      ]
    )
    // The cases of a resilient enum are its library's own: one customer is only known to be held by
    // nothing.
    #expect(
      report.findings.filter { $0.kind == .unreachable }.map(\.type) == ["Libraries.Customer"]
    )
  }

  @Test("that store values of C++", arguments: ["-Onone", "-O"])
  func cxx(optimization: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = folder.file("Cells").path
    try await compile([
      "-cxx-interoperability-mode=default", "-I", source("Cells"), optimization, "-module-name",
      "Program", source("Cells.swift"), "-o", program,
    ])
    try await expectNothing([program, "keep"], in: folder)
    let report = try await look([program, "leak"], in: folder)
    #expect(leaked(report) == ["Program.Tissue": 2, "Program.Boxed<__C.Cell>": 1])
    #expect(
      cycles(report) == ["Program.Boxed<__C.Cell>: owner", "Program.Tissue: next → next"]
    )
  }

  private func source(_ name: String) -> String { sources.appending(path: name).path }

  private func compile(_ arguments: [String]) async throws {
    let run = try await Subprocess.run(["swiftc"] + arguments)
    try #require(run.exitStatus == 0, "\(run.transcript)")
  }

  private func look(_ command: [String], in folder: TemporaryFolder) async throws -> LeakReport {
    let file = folder.file("report.json")
    let run = try await Subprocess.run(
      [try Built.tool(), "run", "--output", file.path, "--"] + command
    )
    #expect(run.output == "done\n", "\(run.transcript)")
    let report = try LeakReport(json: try String(contentsOf: file, encoding: .utf8))
    #expect(report.summary.countsNegative == 0)
    return report
  }

  private func expectNothing(_ command: [String], in folder: TemporaryFolder) async throws {
    let report = try await look(command, in: folder)
    #expect(report.findings.filter(\.isLeak).isEmpty)
  }

  private func leaked(_ report: LeakReport) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: report.leakedTypes.map { ($0.type, $0.count) })
  }

  private func cycles(_ report: LeakReport) -> [String] {
    report.findings.filter { $0.kind == .retainCycle }
      .map { "\($0.type): \($0.path.map(\.via).joined(separator: " → "))" }.sorted()
  }
}
