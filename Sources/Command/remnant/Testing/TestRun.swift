internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import Synchronization

/// One run of one library's tests under the recorder.
struct TestRun {
  let library: TestBundle.Library
  let command: [String]
  let depth: Int
  let timeLimit: Duration
  let output: ReportOutput
  /// Whether nobody is to see it: it has run before.
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
    RunSession(
      command: command,
      depth: depth,
      deadline: timeLimit,
      output: output,
      hidesProgramOutput: isHidden
    )
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
      // Chunk by chunk, until nobody has the other end any more.
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

/// What XCTest printed: which test cases began and ended.
final class XCTestLog: Sendable {
  private struct State {
    var line: [UInt8] = []
    var tests: [String] = []
    var running: [String] = []
  }

  private let state = Mutex(State())

  /// `Case.test`, as XCTest prints them.
  var tests: [String] { state.withLock { $0.tests } }
  var unfinished: [String] { state.withLock { $0.running } }

  func read(_ data: Data) {
    state.withLock { state in
      for byte in data {
        if byte != UInt8(ascii: "\n") {
          // No line of interest is longer.
          if state.line.count < 4096 { state.line.append(byte) }
          continue
        }
        Self.follow(String(decoding: state.line, as: UTF8.self), &state)
        state.line = []
      }
    }
  }

  // `Test Case 'NodeTests.testRing' started at …`, `… passed (0.001 seconds)`
  private static func follow(_ line: String, _ state: inout State) {
    // A test's own output needs no newline at its end.
    guard let start = line.range(of: "Test Case '")?.upperBound,
      let end = line[start...].range(of: "' ")
    else { return }
    let test = String(line[start..<end.lowerBound])
    let rest = line[end.upperBound...]
    if rest.hasPrefix("started at ") {
      state.tests.append(test)
      state.running.append(test)
    } else if ["passed (", "failed (", "skipped ("].contains(where: rest.hasPrefix) {
      state.running.removeAll { $0 == test }
    }
  }
}

/// What Swift Testing wrote into its stream of events.
struct SwiftTestingLog {
  private(set) var tests: [TestAttribution.Test] = []
  private(set) var unfinished: [String] = []

  private struct Record: Decodable {
    struct Payload: Decodable {
      struct Location: Decodable { var fileID: String? }
      var id: String?
      var kind: String
      var testID: String?
      var sourceLocation: Location?
    }
    var kind: String
    var payload: Payload
  }

  init(_ data: Data) {
    var functions: [String: TestAttribution.Test] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      // The last line of a test process that crashed may be half a line.
      guard let record = try? JSONDecoder().decode(Record.self, from: line) else { continue }
      let payload = record.payload
      switch (record.kind, payload.kind) {
      case ("test", "function"):
        guard let id = payload.id else { continue }
        let file = payload.sourceLocation?.fileID?.split(separator: "/").last.map(String.init)
        functions[id] = TestAttribution.Test(id: Self.name(id), file: file)
      case ("event", "testStarted"):
        guard let id = payload.testID, let test = functions[id] else { continue }
        tests.append(test)
        unfinished.append(test.id)
      case ("event", "testEnded"):
        guard let id = payload.testID, let test = functions[id] else { continue }
        unfinished.removeAll { $0 == test.id }
      default: continue
      }
    }
  }

  /// `Module.Suite/test()/File.swift:9:4` without the place.
  private static func name(_ id: String) -> String {
    guard let slash = id.lastIndex(of: "/"), id[slash...].contains(".swift:") else { return id }
    return String(id[..<slash])
  }
}
