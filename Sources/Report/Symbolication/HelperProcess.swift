internal import Foundation

/// Runs a program that answers questions, and reads what it prints.
struct HelperProcess {
  var program: String
  var arguments: [String]
  var input: FileHandle = .nullDevice
  /// Nil for that of this process.
  var environment: [String: String]?
  /// Seconds after which it is ended: programs hang.
  var timeLimit: Double

  struct Result {
    var output: String
    /// Nil where a signal ended it.
    var status: Int32?
  }

  /// Nil where it can't be started.
  func run() -> Result? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    if let environment { process.environment = environment }
    let output = Pipe()
    defer { try? output.fileHandleForReading.close() }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    // Weakly: a deadline that was canceled keeps what it captures until its time. Not with SIGTERM: the thread's blocked
    // signals are the child's, and a thread of libdispatch or of Swift's executors blocks nearly all.
    let deadline = DispatchWorkItem { [weak process] in
      if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + timeLimit, execute: deadline)
    let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    deadline.cancel()
    return Result(
      output: String(decoding: data, as: UTF8.self),
      status: process.terminationReason == .exit ? process.terminationStatus : nil
    )
  }
}
