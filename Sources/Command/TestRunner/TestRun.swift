internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import ProgramRunner

/// One run of one library's tests under the recorder.
struct TestRun {
  let library: TestBundle.Library
  let command: [String]
  let timeLimit: Duration
  let output: ReportOutput
  /// Whether the run is hidden: the tests have run before.
  var isHidden = false

  struct Result {
    /// Nil where no snapshot could be taken.
    var report: LeakReport?
    var end: WatchedProgram.Status
    /// What ran, in order; for Swift Testing with its source file.
    var tests: [TestAttribution.Test]
    /// What had begun and not ended, when the run did.
    var unfinished: [String]
    var isTimedOut: Bool { report?.capture.moment == .after }
  }

  func run() throws -> Result {
    switch library {
    case .xctest: try runXCTest()
    case .swiftTesting: try runSwiftTesting()
    }
  }

  private func session(_ command: [String]) -> RunSession {
    var session = RunSession(command: command, output: output)
    session.deadline = timeLimit
    session.hidesProgramOutput = isHidden
    return session
  }

  // MARK: XCTest

  /// It tells what it does on its standard output only: that is read, and passed on.
  private func runXCTest() throws -> Result {
    let log = XCTestLog()
    let pipe = Pipe()
    var session = session(command)
    session.standardOutput = pipe.fileHandleForWriting.fileDescriptor
    let isHidden = isHidden
    let done = DispatchSemaphore(value: 0)
    let reader = Thread {
      // Chunk by chunk, until the other end is closed everywhere.
      while true {
        let data = pipe.fileHandleForReading.availableData
        if data.isEmpty { break }
        if !isHidden { Terminal.standardOutput.write(data) }
        log.read(data)
      }
      done.signal()
    }
    reader.start()
    let outcome: RunSession.Outcome
    do { outcome = try session.examine() } catch {
      try? pipe.fileHandleForWriting.close()
      throw error
    }
    try? pipe.fileHandleForWriting.close()
    // A process that the tests left behind may hold the pipe for ever.
    _ = done.wait(timeout: .now() + 2)
    return Result(
      report: outcome.report,
      end: outcome.end,
      tests: log.tests.map { TestAttribution.Test(id: $0) },
      unfinished: log.unfinished
    )
  }

  // MARK: Swift Testing

  /// It writes a stream of events for tools (version 0 of its schema).
  private func runSwiftTesting() throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "remnant-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let events = folder.appending(path: "events.jsonl")
    let session = session(
      command + ["--event-stream-output-path", events.path, "--event-stream-version", "0"]
    )
    let outcome = try SignalReceiver.shared.cleaning {
      try? FileManager.default.removeItem(at: folder)
    } _: {
      try session.examine()
    }
    let log = SwiftTestingLog((try? Data(contentsOf: events)) ?? Data())
    return Result(
      report: outcome.report,
      end: outcome.end,
      tests: log.tests,
      unfinished: log.unfinished
    )
  }
}
