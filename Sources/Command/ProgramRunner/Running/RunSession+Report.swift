internal import Foundation
internal import HeapCapture
internal import LeakReports

/// What a session's report says beside its findings.
extension RunSession {
  func context(
    of program: WatchedProgram,
    _ check: ProgramCheck,
    _ status: WatchedProgram.Status
  ) -> ReportContext {
    var target = LeakReport.Target(
      executable: check.interpreter ?? check.path,
      arguments: command.count - 1,
      argumentList: includesArguments ? Array(command.dropFirst()) : nil,
      pid: Int(program.process),
      toolchain: "unknown"
    )
    switch status {
    case .exited(let status): target.exitStatus = Int(status)
    case .killed(let signal): target.signal = Int(signal)
    }
    var notes: [String] = []
    if let interpreter = check.interpreter, !followsChildren {
      notes.append(
        "\(check.path) is a script: its interpreter, \(interpreter), is what was examined. The "
          + "first Swift program that it starts is examined with --follow-children."
      )
    }
    return ReportContext(
      tool: LeakReport.Tool(version: LeakReport.Tool.currentVersion),
      target: target,
      capture: LeakReport.Capture(
        moment: .exit,
        complete: true,
        durationSeconds: 0,
        pauseSeconds: 0
      ),
      notes: notes,
      depth: output.depth
    )
  }

  func nextCommand(after report: LeakReport) -> String? {
    guard !report.findings.isEmpty, output.files.isEmpty else { return nil }
    // The arguments may hold secrets: they are printed only where the user asks for them.
    let words = includesArguments ? command : Array(command.prefix(1))
    let rest = words.count < command.count ? " …" : ""
    return "remnant run --output leaks.html -- "
      + words.map(ShellWord.quoted).joined(separator: " ") + rest
  }

  func notes(on program: WatchedProgram, _ moment: LeakReport.Capture.Moment) -> [String] {
    var notes: [String] = []
    if program.control.hasStarted(URL(filePath: command[0]).lastPathComponent) {
      notes.append(
        "The program started itself again, as exit tests do: those processes were not examined. What leaks there, only "
          + "checks in them tell, such as `assertNoLeaks`."
      )
    }
    if moment != .exit {
      notes.append(
        "The snapshot was taken while the program ran"
          + (moment == .after ? ", when its time was up." : ", at an interrupt.")
      )
    }
    return notes
  }

  /// The program isn't Swift, and others were started.
  func unexaminedChildren(of program: WatchedProgram, _ check: ProgramCheck) -> Unexamined {
    Unexamined(
      childrenOf: check,
      named: program.control.startedPrograms,
      areFollowed: followsChildren
    )
  }
}
