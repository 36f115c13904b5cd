import Foundation

/// A program that was run to its end.
struct Subprocess: Sendable {
  let arguments: [String]
  /// 128 + signal where one ended it, as shells say it.
  let exitStatus: Int32
  let standardOutput: String
  let standardError: String

  /// The command and what it printed, for a failure's message.
  var transcript: String {
    """
    \(arguments.joined(separator: " ")) ended with status \(exitStatus)
    \(standardOutput)\(standardError)
    """
  }

  struct TimedOut: Error, CustomStringConvertible {
    let arguments: [String]
    let seconds: Int
    var description: String { "killed after \(seconds) s: \(arguments.joined(separator: " "))" }
  }

  /// Runs a program, found by its path or through the search path, and collects its output.
  ///
  /// The output goes to files: a pipe could fill up, or stay open in what the program left behind.
  /// The time limit only keeps a hanging program from hanging the tests.
  static func run(
    _ arguments: [String],
    in directory: URL,
    timeout seconds: Int = 60
  ) async throws -> Subprocess {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let output = folder.file("stdout")
    let errors = folder.file("stderr")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try emptyFile(output)
    process.standardError = try emptyFile(errors)

    let watchdog = Watchdog(process)
    try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { _ in continuation.resume() }
      do {
        try process.run()
        watchdog.start(after: seconds)
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    if watchdog.stop() { throw TimedOut(arguments: arguments, seconds: seconds) }

    let wasSignalled = process.terminationReason == .uncaughtSignal
    return Subprocess(
      arguments: arguments,
      exitStatus: process.terminationStatus + (wasSignalled ? 128 : 0),
      standardOutput: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      standardError: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
    )
  }

  private static func emptyFile(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }
}

/// Ends a process that takes too long: first politely, so that a tool can end its own child, then not.
private final class Watchdog: @unchecked Sendable {
  private let lock = NSLock()
  private let process: Process
  private var hasFired = false
  private var isOver = false

  init(_ process: Process) {
    self.process = process
  }

  func start(after seconds: Int) {
    let queue = DispatchQueue.global()
    queue.asyncAfter(deadline: .now() + .seconds(seconds)) { [self] in
      guard fire(SIGTERM) else { return }
      queue.asyncAfter(deadline: .now() + .seconds(5)) { [self] in _ = fire(SIGKILL) }
    }
  }

  /// Whether it had to end the process.
  func stop() -> Bool {
    lock.withLock {
      isOver = true
      return hasFired
    }
  }

  private func fire(_ signal: Int32) -> Bool {
    lock.withLock {
      guard !isOver else { return false }
      hasFired = true
      kill(process.processIdentifier, signal)
      return true
    }
  }
}

/// A folder of its own for one run's files.
struct TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "remnant-end-to-end-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func file(_ name: String) -> URL { url.appending(path: name) }

  func remove() { try? FileManager.default.removeItem(at: url) }
}
