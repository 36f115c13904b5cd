internal import ELF
internal import Foundation
internal import HeapCapture
internal import HeapGraph
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
      tool: LeakReport.Tool(version: RemnantCommand.version),
      target: target,
      capture: LeakReport.Capture(
        moment: .exit,
        complete: true,
        durationSeconds: 0,
        pauseSeconds: 0
      ),
      notes: notes,
      depth: depth
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

  func notes(
    on picture: ProcessCapture.Result,
    of program: WatchedProgram,
    _ moment: LeakReport.Capture.Moment
  ) -> [String] {
    var notes: [String] = []
    if program.control.hasStarted(URL(filePath: command[0]).lastPathComponent) {
      notes.append(
        "The program started itself again, as exit tests do: those processes were not examined. What leaks there, only "
          + "checks in them tell, such as `assertNoLeaks`."
      )
    }
    if moment != .exit {
      notes.append(
        "The picture was taken while the program ran"
          + (moment == .after ? ", when its time was up." : ", at an interrupt.")
      )
    }
    if !picture.hasSwift {
      notes.append(
        "No Swift code was loaded into this program: there are no reference counts to judge."
      )
    }
    let missing = picture.imagesWithoutReflection.map { URL(fileURLWithPath: $0).lastPathComponent }
      .filter { !$0.hasPrefix("libswift") }
    if !missing.isEmpty {
      notes.append(
        "\(missing.joined(separator: ", ")): no reflection metadata, so the references of its types "
          + "are not known; build without -disable-reflection-metadata."
      )
    }
    let own = picture.unreadableTypes.filter {
      !HeapType(kind: .classInstance, name: $0).isOfToolchain
    }
    if !own.isEmpty {
      let shown = own.prefix(5).joined(separator: ", ")
      let more = own.count > 5 ? " and \(own.count - 5) more" : ""
      notes.append("Read without types, so that leaks through them may be missed: \(shown)\(more).")
    }
    if let depth = picture.shortenedDepth {
      notes.append(
        "The program has so many call stacks that the later ones were kept to \(depth) frames."
      )
    }
    if picture.undecided.count > 0 { notes.append(note(on: picture.undecided)) }
    if picture.lostBlocks > 0 {
      notes.append(
        "\(picture.lostBlocks) blocks have no record: the recorder ran out of memory in the program."
      )
    }
    return notes
  }

  private func note(on undecided: UndecidedChecks) -> String {
    let count = undecided.count
    let more = count > undecided.places.count ? ", …" : ""
    return (count == 1 ? "1 check is undecided" : "\(count) checks are undecided")
      + " (\(undecided.places.joined(separator: ", "))\(more)): what the release of an object waits for "
      + "could not run. --fail-on undecided makes that fail."
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
