import Foundation

/// A program that is run to its end, or to a time limit that only a hang can reach.
struct Subprocess {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  var executable: URL
  var arguments: [String]
  var directory: URL
  var timeLimit: DispatchTimeInterval = .seconds(120)

  /// Both outputs go to files: a full pipe would block the program.
  func run() throws -> Result {
    let scratch = try TemporaryDirectory()
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try scratch.makeFile("output")
    process.standardError = try scratch.makeFile("errors")

    let isOver = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in isOver.signal() }
    try process.run()
    guard isOver.wait(timeout: .now() + timeLimit) == .success else {
      kill(process.processIdentifier, SIGKILL)
      isOver.wait()
      throw Failure(description: "\(executable.lastPathComponent) \(arguments) did not end")
    }
    guard process.terminationReason == .exit else {
      throw Failure(
        description: "\(executable.lastPathComponent) \(arguments) ended by signal "
          + "\(process.terminationStatus)"
      )
    }
    return Result(
      status: process.terminationStatus,
      output: try scratch.read("output"),
      errors: try scratch.read("errors")
    )
  }
}

/// A directory that goes away with the value.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("remnant-end-to-end-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func makeFile(_ name: String) throws -> FileHandle {
    let file = url.appendingPathComponent(name)
    try Data().write(to: file)
    return try FileHandle(forWritingTo: file)
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }
}
