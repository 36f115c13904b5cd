package import Foundation

/// A program that was run to its end.
package struct Subprocess: Sendable {
  package let arguments: [String]
  /// 128 + signal where one ended it, as shells say it.
  package let exitStatus: Int32
  package let output: String
  package let errors: String

  /// The command and what it printed, for a failure's message.
  package var transcript: String {
    "\(arguments.joined(separator: " ")) ended with status \(exitStatus)\n\(output)\(errors)"
  }

  package struct TimedOut: Error, CustomStringConvertible {
    let arguments: [String]
    let output: String
    package var description: String {
      "hung and was killed: \(arguments.joined(separator: " "))\n\(output)"
    }
  }

  /// Runs a program and collects its output.
  ///
  /// In files: a pipe could fill up, or stay open in what the program left behind. The time limit only keeps a hanging program from
  /// hanging the tests: a machine that runs a whole suite beside it takes minutes for what takes seconds.
  package static func run(
    _ arguments: [String],
    in directory: URL? = nil,
    environment: [String: String] = [:],
    timeout seconds: Double = 900
  ) async throws -> Subprocess {
    await places.take()
    defer { places.giveBack() }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let files = (output: folder.file("stdout"), errors: folder.file("stderr"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = environment.map { "\($0.key)=\($0.value)" } + arguments
    if let directory { process.currentDirectoryURL = directory }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try emptyFile(files.output)
    process.standardError = try emptyFile(files.errors)

    let watchdog = Watchdog(process)
    try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { _ in
        // Here, not where the test goes on: that can take a while on a busy machine.
        watchdog.stop()
        continuation.resume()
      }
      do {
        try withUnblockedSignals { try process.run() }
        watchdog.start(after: seconds)
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    let output = String(decoding: try Data(contentsOf: files.output), as: UTF8.self)
    let errors = String(decoding: try Data(contentsOf: files.errors), as: UTF8.self)
    if watchdog.hasFired { throw TimedOut(arguments: arguments, output: output + errors) }
    let wasSignalled = process.terminationReason == .uncaughtSignal
    return Subprocess(
      arguments: arguments,
      exitStatus: process.terminationStatus + (wasSignalled ? 128 : 0),
      output: output,
      errors: errors
    )
  }

  // With 1,365 open files and more, as a whole suite had them, Foundation reads behind its list of them when it starts a
  // process, and crashes. Closing files earlier is no help: where numbers are missing, the process inherits others.
  private static let places = Places(64)

  /// Tests run on threads that block nearly all signals, and a child inherits that.
  private static func withUnblockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  private static func emptyFile(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }
}

/// So many programs run at once, and no more.
private final class Places: @unchecked Sendable {
  private let lock = NSLock()
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    await withCheckedContinuation { continuation in
      let isFree = lock.withLock {
        if free == 0 {
          waiting.append(continuation)
          return false
        }
        free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func giveBack() {
    let next = lock.withLock {
      if waiting.isEmpty { free += 1 }
      return waiting.isEmpty ? nil : waiting.removeFirst()
    }
    next?.resume()
  }
}

/// Ends a process that takes too long: first politely, so that a tool can end its own child, then not.
private final class Watchdog: @unchecked Sendable {
  private let lock = NSLock()
  private let process: Process
  private var isOver = false
  private var wasNeeded = false
  private var timer: (any DispatchSourceTimer)?

  /// Whether it had to end the process.
  var hasFired: Bool { lock.withLock { wasNeeded } }

  init(_ process: Process) {
    self.process = process
  }

  func start(after seconds: Double) {
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + seconds)
    timer.setEventHandler { [self] in
      guard fire(SIGTERM) else { return }
      DispatchQueue.global().asyncAfter(deadline: .now() + 5) { [self] in _ = fire(SIGKILL) }
    }
    lock.withLock {
      // One that was never resumed must not be released.
      timer.resume()
      if isOver { timer.cancel() } else { self.timer = timer }
    }
  }

  /// The process has ended; nothing keeps it until its time would have been up.
  func stop() {
    lock.withLock {
      isOver = true
      timer?.cancel()
      timer = nil
    }
  }

  private func fire(_ signal: Int32) -> Bool {
    lock.withLock {
      guard !isOver else { return false }
      wasNeeded = true
      kill(process.processIdentifier, signal)
      return true
    }
  }
}

/// A folder of its own for one test's files.
package struct TemporaryFolder {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "remnant-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  package func file(_ name: String) -> URL { url.appending(path: name) }

  package func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: file(name))
  }

  package func text(_ name: String) throws -> String {
    try String(contentsOf: file(name), encoding: .utf8)
  }

  /// Runs the tool in the folder.
  package func remnant(_ arguments: [String]) async throws -> Subprocess {
    try await Subprocess.run([try Built.tool()] + arguments, in: url)
  }

  package func remnant(_ arguments: String...) async throws -> Subprocess {
    try await remnant(arguments)
  }

  /// Copies a file into the folder, to be executed.
  ///
  /// By a process of its own: a file that this one has open for writing can be inherited by a child of
  /// another test for a moment, and can't be executed as long (ETXTBSY).
  package func installProgram(from source: String, as name: String) async throws -> String {
    let path = file(name).path
    let run = try await Subprocess.run(["install", "-m", "755", source, path])
    guard run.exitStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    return path
  }

  package func remove() { try? FileManager.default.removeItem(at: url) }
}
