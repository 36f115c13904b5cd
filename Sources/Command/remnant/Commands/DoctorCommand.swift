internal import ArgumentParser
internal import ProgramRunner

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say whether Remnant can work on this machine, and what is missing.",
    discussion: """
      Ends with a program whose leak is known: it is run, and its leak must be found.

      Exit status: 0 when everything that is needed is there, 69 when something is missing.
      """
  )

  func run() throws {
    let terminal = Terminal.standardOutput
    var isAble = true
    for check in DoctorCheck.all {
      let result = check.run()
      let (mark, colour) =
        switch result.verdict {
        case .good: (terminal.showsUnicode ? "✓" : "ok", "32")
        case .degraded: ("!", "33")
        case .missing: (terminal.showsUnicode ? "✗" : "no", "1;31")
        }
      let shown = terminal.showsColour ? "\u{1b}[\(colour)m\(mark)\u{1b}[0m" : mark
      let padding = String(repeating: " ", count: max(1, 20 - check.name.count))
      terminal.write("\(shown) \(check.name)\(padding)\(result.text)\n")
      if let remedy = result.remedy {
        terminal.write(String(repeating: " ", count: 22) + "\(remedy)\n")
      }
      if result.verdict == .missing { isAble = false }
    }
    terminal.write(
      isAble
        ? "\nRemnant can work here: remnant run -- PROGRAM [ARG…]\n"
        : "\nRemnant can't work here until the above is set right.\n"
    )
    if !isAble { throw ExitCode(69) }
  }
}
