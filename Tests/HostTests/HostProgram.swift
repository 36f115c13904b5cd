import Foundation
import TestSupport
import Testing

/// A small program of `Programs`, built for one test, that must not notice that it is watched.
struct HostProgram {
  let path: String
  private let folder: TemporaryFolder

  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Programs")

  /// Compiles `Programs/SOURCE` (C or Swift, by its ending) into a folder of its own.
  ///
  /// Built-in functions are off: a compiler that knows malloc leaves calls out.
  init(_ source: String, _ options: [String] = []) async throws {
    folder = try TemporaryFolder()
    path = folder.file("program").path
    let compiler =
      source.hasSuffix(".swift")
      ? ["swiftc", "-parse-as-library", "-Onone", "-g"] : ["gcc", "-fno-builtin", "-pthread", "-g"]
    let run = try await Subprocess.run(
      compiler + [Self.sources.appending(path: source).path, "-o", path] + options
    )
    try #require(run.exitStatus == 0, "\(run.transcript)")
  }

  func remove() { folder.remove() }

  /// Runs it alone and under the tool, and expects the same output, errors and exit status.
  ///
  /// Neither leaves a file in its folder for temporary files nor a process. `prefix` is a command that
  /// runs its arguments, as `prlimit` does.
  @discardableResult
  func expectUnharmed(
    _ arguments: [String] = [],
    prefix: [String] = [],
    status: Int32,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Watched {
    let alone = try await alone(arguments, prefix: prefix)
    #expect(alone.exitStatus == status, "\(alone.transcript)", sourceLocation: sourceLocation)
    let watched = try await watched(arguments, prefix: prefix)
    let run = watched.run
    #expect(run.exitStatus == status, "\(run.transcript)", sourceLocation: sourceLocation)
    #expect(run.output == alone.output, sourceLocation: sourceLocation)
    #expect(run.errors == alone.errors, sourceLocation: sourceLocation)
    #expect(watched.leftovers == [], sourceLocation: sourceLocation)
    return watched
  }

  func alone(_ arguments: [String] = [], prefix: [String] = []) async throws -> Subprocess {
    try await Subprocess.run(prefix + [path] + arguments)
  }

  /// What became of a program under the tool.
  struct Watched {
    let run: Subprocess
    /// Nil where the tool wrote none.
    let report: Report?
    /// Files in the folder for temporary files, and processes, that were there afterwards.
    let leftovers: [String]
  }

  /// Runs it under the tool, with a folder for temporary files of its own, and reads the report.
  ///
  /// `inside` is a command that the tool runs, and that replaces itself by the program.
  func watched(
    _ arguments: [String] = [],
    prefix: [String] = [],
    inside: [String] = []
  ) async throws -> Watched {
    let files = try TemporaryFolder()
    let temporary = try TemporaryFolder()
    defer {
      files.remove()
      temporary.remove()
    }
    let report = files.file("report.json")
    let run = try await Subprocess.run(
      prefix
        + [
          try Built.tool(), "run", "--quiet", "--allow-unexamined", "--format", "json", "--output",
          report.path, "--",
        ] + inside + [path] + arguments,
      environment: ["TMPDIR": temporary.url.path]
    )
    let left = try FileManager.default.contentsOfDirectory(atPath: temporary.url.path)
    return Watched(
      run: run,
      report: try? JSONDecoder().decode(Report.self, from: Data(contentsOf: report)),
      leftovers: left + Self.processes(withVariable: "TMPDIR=\(temporary.url.path)")
    )
  }

  /// The command lines of all processes that have a variable in their environment.
  private static func processes(withVariable variable: String) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { name in
      guard Int(name) != nil,
        let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
        environment.split(separator: 0).contains(where: { $0.elementsEqual(variable.utf8) }),
        let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return nil }
      return name + ": " + String(decoding: line.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
  }
}

/// What these tests read of a report.
struct Report: Decodable {
  struct Capture: Decodable {
    let complete: Bool
    let skipped: [String]
    let unreadable: Int
  }
  struct Target: Decodable {
    let exitStatus: Int?
    let signal: Int?
    let allocator: String?
  }
  struct Finding: Decodable {
    let kind: String
    let count: Int
    let confidence: String
  }
  struct Summary: Decodable {
    let notes: [String]
  }
  let capture: Capture
  let target: Target
  let summary: Summary
  let findings: [Finding]
}
