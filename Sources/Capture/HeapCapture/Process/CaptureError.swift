internal import Glibc

/// Why a snapshot couldn't be taken: what failed, with which error of the system, and what to do.
package struct CaptureError: Error, Equatable, CustomStringConvertible {
  package enum Code: Equatable, Sendable {
    case systemCall(String)
    case notPermitted
    case processEnded
    case recorderTables
    case typeReader
    case unknownRuntime
  }

  package var code: Code
  /// What happened, in one sentence, without the remedy.
  package var message: String
  /// What the user can do; empty where there is nothing.
  package var remedy: String

  package init(_ code: Code, message: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  package init(_ code: Code, errno number: Int32) {
    self.code = code
    remedy = ""
    let text = String(cString: strerror(number))
    switch code {
    case .systemCall(let name): message = "\(name) failed: \(text)"
    case .notPermitted:
      message = "the system doesn't allow this process to trace another one: \(text)"
      remedy =
        "allow ptrace: in a container, run it with `--cap-add SYS_PTRACE` or a seccomp profile "
        + "that allows ptrace; under Yama, `sysctl kernel.yama.ptrace_scope=1` or lower; and detach "
        + "any debugger"
    case .processEnded: message = "the process ended before a snapshot could be taken"
    case .recorderTables: message = "the recorder's tables could not be read: \(text)"
    case .typeReader: message = "SwiftRemoteMirror could not be started"
    case .unknownRuntime: message = "the program's Swift runtime is unknown"
    }
  }

  /// Where the system forbids ptrace: only one process at a time may trace another one.
  package init(notPermittedBy tracer: (process: Int32, name: String)?, errno number: Int32) {
    guard let tracer else {
      self.init(.notPermitted, errno: number)
      return
    }
    self.init(
      .notPermitted,
      message:
        "process \(tracer.process) (\(tracer.name)) already traces the program, and only one process can",
      remedy: "run the program without \(tracer.name), or detach it"
    )
  }

  /// Where memory of the runtime's own isn't laid out as the tool believes.
  package init(unknownRuntime difference: String) {
    self.init(
      .unknownRuntime,
      message:
        "the program's Swift runtime differs from that of Swift \(LayoutProbe.knownSwiftVersion), "
        + "which this version of remnant reads: \(difference)",
      remedy:
        "build the program with Swift \(LayoutProbe.knownSwiftVersion), or use the version of remnant "
        + "that was made for its Swift; if it is Swift \(LayoutProbe.knownSwiftVersion), the program "
        + "overwrites memory: find the write with -sanitize=address"
    )
  }

  package var description: String { remedy.isEmpty ? message : "\(message)\n\(remedy)" }
}
