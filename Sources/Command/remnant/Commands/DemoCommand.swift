internal import ArgumentParser
internal import LeakReports
internal import ProgramRunner

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show the report of a leaky program, and of the same program with its fix."
  )

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: ReportOutput.Colour = .auto

  func run() throws {
    let terminal = Terminal.standardOutput
    terminal.write("A chat server, as it was first written:\n\n")
    let leaky = try show([])
    terminal.write("\nThe same server, with the fix that the report names:\n\n")
    let fixed = try show(["fixed"])
    terminal.write("\nNow on your own program, built as you build it:\n")
    terminal.write("  remnant run -- PROGRAM [ARG…]\n")
    // Both are known: anything else is a failure of the tool.
    guard leaky == ExitPolicy.standardLeakExitCode, fixed == 0 else { throw ExitCode(70) }
  }

  private func show(_ arguments: [String]) throws -> Int32 {
    Terminal.standardOutput.write(
      "$ remnant run -- \((["remnant-demo"] + arguments).joined(separator: " "))\n"
    )
    do {
      let session = RunSession(
        command: [try DemoProgram.path()] + arguments,
        output: ReportOutput(colour: color, terminal: .standardOutput)
      )
      return try session.run()
    } catch {
      Terminal.standardError.tell(error)
      Terminal.standardError.write("remnant doctor says what is missing\n")
      throw ExitCode(69)
    }
  }
}
