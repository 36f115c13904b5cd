import Foundation
import LeakReports
import TestSupport
import Testing

/// Programs that others wrote, which open what Remnant writes.
///
/// `bash .ci/install` brings them.
enum Reader {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A Python with the packages of `.ci/install`.
  static var python: String { root.appending(path: ".build/readers/bin/python").path }

  /// A schema of the repository's.
  static func checkJSONSchema(_ schema: String, _ file: URL) async throws -> Subprocess {
    try await checkJSONSchema(root.appending(path: "Documentation/\(schema)"), file)
  }

  static func checkJSONSchema(_ schema: URL, _ file: URL) async throws -> Subprocess {
    try await Subprocess.run(
      [
        root.appending(path: ".build/readers/bin/check-jsonschema").path, "--schemafile",
        schema.path, file.path,
      ]
    )
  }

  /// What a Python script prints.
  static func python(_ script: String, _ arguments: String...) async throws -> String {
    try await python(script, arguments)
  }

  static func python(_ script: String, _ arguments: [String]) async throws -> String {
    let run = try await Subprocess.run([python, "-c", script] + arguments)
    #expect(run.exitStatus == 0, "\(run.transcript)")
    return run.output
  }
}

/// A report in a format, in a file of its own.
struct Rendered {
  let folder: TemporaryFolder
  let file: URL

  init(_ report: LeakReport, as format: ReportFormat, ending: String) throws {
    folder = try TemporaryFolder()
    file = folder.file("leaks.\(ending)")
    let bytes = try report.rendered(as: format, policy: .standard, root: SourceRoot("/src"))
    try AtomicFile.write(bytes, to: file.path)
  }

  var text: String { get throws { try String(contentsOf: file, encoding: .utf8) } }

  func remove() { folder.remove() }
}
