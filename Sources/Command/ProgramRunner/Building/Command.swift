internal import Foundation
internal import HeapCapture

/// Another program that the tool needs (`swift build`), run to its end; signals to the tool end both.
package struct Command {
  private let arguments: [String]

  package init(_ arguments: [String]) { self.arguments = arguments }

  /// Runs it with this tool's own output, or with another descriptor for it; returns its exit status.
  package func run(standardOutput: Int32? = nil) throws -> Int32 {
    var launcher = launcher()
    launcher.standardOutput = standardOutput
    return try end(of: launcher).exitStatus
  }

  /// What it prints.
  package func output(hidingErrors: Bool = false) throws -> String {
    let pipe = Pipe()
    var launcher = launcher()
    launcher.standardOutput = pipe.fileHandleForWriting.fileDescriptor
    let nowhere = FileHandle(forWritingAtPath: "/dev/null")
    if hidingErrors { launcher.standardError = nowhere?.fileDescriptor }
    let process = try launched(launcher)
    try pipe.fileHandleForWriting.close()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    let status = process.awaitEnd()
    try checkInterrupt()
    guard status == .exited(0) else {
      throw SessionError(
        message: "\(name) failed (status \(status.exitStatus))",
        remedy: "run it by hand to see why"
      )
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Without what it was given: that may be long, and the user's own.
  private var name: String { arguments.prefix(2).joined(separator: " ") }

  private func launcher() -> ProgramLauncher {
    ProgramLauncher(
      path: "/usr/bin/env",
      arguments: ["env"] + arguments,
      environment: ProgramEnvironment()
    )
  }

  private func launched(_ launcher: ProgramLauncher) throws -> ChildProcess {
    var launcher = launcher
    // In a process group of its own it would be stopped at its first read from the terminal.
    let nothing = FileHandle(forReadingAtPath: "/dev/null")
    launcher.standardInput = nothing?.fileDescriptor
    return try ChildProcess(launching: launcher)
  }

  private func end(of launcher: ProgramLauncher) throws -> WatchedProgram.Status {
    let status = try launched(launcher).awaitEnd()
    try checkInterrupt()
    return status
  }

  private func checkInterrupt() throws {
    guard let signal = SignalReceiver.shared.ending else { return }
    throw Interrupted(signal: signal)
  }
}
