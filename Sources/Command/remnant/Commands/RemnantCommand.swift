internal import ArgumentParser
internal import Foundation
internal import HeapCapture
internal import LeakReports

@main
struct RemnantCommand: ParsableCommand {
  static let version = LeakReport.Tool.currentVersion

  static let configuration = CommandConfiguration(
    commandName: "remnant",
    abstract: "Proves and explains the memory leaks of Swift programs on Linux.",
    discussion: """
      remnant run -- PROGRAM runs a program unchanged and reports, at its exit, which objects \
      leaked, what holds them, and which reference to change.
      """,
    version: "remnant \(version)",
    subcommands: [
      RunCommand.self, TestCommand.self, ReportCommand.self, GateCommand.self, DiffCommand.self,
      DoctorCommand.self, DemoCommand.self,
    ]
  )

  private static var subcommandNames: [String] {
    configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  static func main() {
    // Swift reads the arguments from there: without it there would be none, and help, and success.
    guard ProcessDirectory.visibility != .notMounted else {
      Terminal.standardError.tell(
        Message(
          "/proc is not mounted here: nothing was done",
          remedy: "mount it: mount -t proc proc /proc"
        )
      )
      Foundation.exit(ExitPolicy.toolFailed)
    }
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let status as ExitCode {
      Foundation.exit(status.rawValue)
    } catch {
      let status = exitCode(for: error)
      // Help and the version are results.
      if status.isSuccess { exit(withError: error) }
      let terminal = Terminal.standardError
      if let word = arguments.first, !word.hasPrefix("-"),
        let name = Suggestion.nearest(to: word, among: Self.subcommandNames),
        name != word
      {
        terminal.tell(
          Message("there is no command '\(word)'", remedy: "did you mean: remnant \(name)")
        )
        Foundation.exit(status.rawValue)
      }
      for line in fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false) {
        terminal.write(
          TerminalCharacter.printable(String(line), unicode: terminal.showsUnicode) + "\n"
        )
      }
      // As `env` and `timeout`: what runs another program keeps its own failures apart from that
      // program's statuses.
      let runsProgram = ["run", "test"].contains(arguments.first)
      Foundation.exit(runsProgram ? ExitPolicy.toolFailed : status.rawValue)
    }
  }
}
