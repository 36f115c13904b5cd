import Foundation
import TestSupport
import Testing

/// A small program of `Programs`, built for one test, and the ways to run it.
struct Program {
  let path: String
  private let folder: TemporaryFolder

  static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Programs")
  private static let targets = sources.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Record")
  /// The recorder's own sources, for programs that are made of them.
  static let recorder = targets.appending(path: "CRemnantRecorder").path

  /// Compiles `Programs/SOURCE` (C, or C++ by its ending) into a folder of its own.
  ///
  /// Built-in functions are off: a compiler that knows malloc leaves calls out. Libraries are built
  /// from other sources into the same folder, before the program, which finds them beside itself.
  init(
    _ source: String,
    _ options: [String] = [],
    libraries: [String] = [],
    links otherLinks: [String] = []
  ) async throws {
    folder = try TemporaryFolder()
    for library in libraries {
      let name = library.split(separator: ".")[0]
      try await Self.compile(library, options + ["-shared"], folder.file("lib\(name).so").path)
    }
    let libraryLinks =
      libraries.isEmpty
      ? []
      : ["-L\(folder.url.path)", "-Wl,-rpath,$ORIGIN"]
        + libraries.map { "-l\($0.split(separator: ".")[0])" }
    let links = libraryLinks + otherLinks
    path = folder.file(String(source.split(separator: ".")[0])).path
    try await Self.compile(source, options, path, links)
  }

  private static func compile(
    _ source: String,
    _ options: [String],
    _ output: String,
    _ links: [String] = []
  ) async throws {
    let format = targets.appending(path: "CRecorderFormat/include").path
    let compiler = source.hasSuffix(".cpp") ? "clang++" : "clang"
    let run = try await Subprocess.run(
      [compiler, "-fno-builtin", "-fPIC", "-pthread", "-g", "-I\(format)"] + options
        + [sources.appending(path: source).path, "-o", output] + links
    )
    try #require(run.exitStatus == 0, "\(run.transcript)")
  }

  func remove() { folder.remove() }

  func file(_ name: String) -> String { folder.file(name).path }

  // MARK: Running

  /// Runs it alone.
  func alone(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> Subprocess {
    try await Subprocess.run([path] + arguments, environment: environment)
  }

  /// Runs it with the library preloaded and no tool: the library does nothing but pass on.
  func preloaded(_ arguments: [String] = []) async throws -> Subprocess {
    try await Subprocess.run(
      [path] + arguments,
      environment: ["LD_PRELOAD": try Built.recorder()]
    )
  }

  /// Runs it under the tool, and reads the report.
  func watched(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> (run: Subprocess, report: Report?) {
    try await Self.watch([path] + arguments, environment: environment)
  }

  /// Runs a command under the tool, and reads the report.
  static func watch(
    _ command: [String],
    environment: [String: String] = [:]
  ) async throws -> (run: Subprocess, report: Report?) {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let run = try await Subprocess.run(
      [
        try Built.tool(), "run", "--quiet", "--allow-unexamined", "--format", "json", "--output",
        file.path, "--",
      ]
        + command,
      environment: environment
    )
    guard let data = try? Data(contentsOf: file) else { return (run, nil) }
    return (run, try JSONDecoder().decode(Report.self, from: data))
  }

  /// Expects the same output and exit status alone, with the library and under the tool.
  ///
  /// A program of these that ends normally was recorded whole.
  func expectUnharmed(
    _ arguments: [String] = [],
    status: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let alone = try await alone(arguments)
    #expect(alone.exitStatus == status, "\(alone.transcript)", sourceLocation: sourceLocation)
    let preloaded = try await preloaded(arguments)
    let (watched, report) = try await watched(arguments)
    for run in [preloaded, watched] {
      #expect(run.exitStatus == status, "\(run.transcript)", sourceLocation: sourceLocation)
      #expect(run.output == alone.output, sourceLocation: sourceLocation)
      #expect(run.errors == alone.errors, sourceLocation: sourceLocation)
    }
    #expect(report?.capture.complete == true, "\(watched.errors)", sourceLocation: sourceLocation)
  }
}

/// What these tests read of a report.
struct Report: Decodable {
  struct Capture: Decodable {
    let complete: Bool
    let skipped: [String]
  }
  struct Target: Decodable {
    let executable: String
    let exitStatus: Int?
    let signal: Int?
    let allocator: String?
  }
  struct Summary: Decodable {
    let notes: [String]
  }
  let capture: Capture
  let target: Target
  let summary: Summary
}
