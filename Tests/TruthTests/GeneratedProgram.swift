import Foundation
import LeakReports
import TestSupport
import Testing

/// Writes a program that prints the truth about itself.
protocol ProgramSource {
  /// The same seed writes the same program.
  var seed: UInt64 { get }
  func source() -> String
}

/// A generated program, compiled, and what it says and what is said of it.
struct GeneratedProgram {
  enum Configuration: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case debug = "-Onone"
    case release = "-O"

    var testDescription: String { rawValue }
  }

  /// What is taken from a program besides.
  enum Variant: Sendable, CaseIterable {
    case stripped, staticLibrary, strippedStaticLibrary

    var options: [String] { self == .stripped ? [] : ["-static-stdlib"] }
    var isStripped: Bool { self != .staticLibrary }
  }

  /// How many objects of each type the program leaks and holds, as it counts them itself.
  struct Truth: Decodable {
    let leaked: [String: Int]
    let held: [String: Int]
  }

  let path: String
  private let folder: TemporaryFolder

  init(
    _ generator: some ProgramSource,
    _ configuration: Configuration,
    _ variant: Variant? = nil
  ) async throws {
    folder = try TemporaryFolder()
    let source = folder.file("main.swift")
    try generator.source().write(to: source, atomically: false, encoding: .utf8)
    path = folder.file("program").path
    let build = try await Subprocess.run(
      [
        "swiftc", configuration.rawValue, "-g", "-suppress-warnings", "-module-name", "Program",
        source.path, "-o", path,
      ] + (variant?.options ?? [])
    )
    try #require(build.exitStatus == 0, "\(build.transcript)")
    if variant?.isStripped == true {
      let strip = try await Subprocess.run(["strip", path])
      try #require(strip.exitStatus == 0, "\(strip.transcript)")
    }
  }

  func remove() { folder.remove() }

  /// Runs it alone.
  ///
  /// It counts the objects that are born and die, and fails if that isn't the truth.
  func truth() async throws -> Truth {
    let run = try await Subprocess.run([path])
    try #require(run.exitStatus == 0, "the generator is wrong: \(run.transcript)")
    return try JSONDecoder().decode(Truth.self, from: Data(run.output.utf8))
  }

  func watched() async throws -> (run: Subprocess, report: LeakReport) {
    let file = folder.file("report.json")
    let run = try await Subprocess.run(
      [try Built.tool(), "run", "--format", "json", "--output", file.path, "--", path]
    )
    let json = try String(contentsOf: file, encoding: .utf8)
    return (run, try LeakReport(json: json))
  }
}
