internal import ArgumentParser
internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import ProgramRunner
internal import Symbolication

@main
struct RemnantCommand: ParsableCommand {
  static let version = LeakReport.Tool.currentVersion

  static let configuration = CommandConfiguration(
    commandName: "remnant",
    abstract: "Prove and explain the memory leaks of Swift programs on Linux.",
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
    // Started by itself, to read files that may end it.
    if let status = VariableReader.answer(Array(CommandLine.arguments.dropFirst())) {
      Foundation.exit(status)
    }
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
      if let word = arguments.first, !word.hasPrefix("-"),
        !(Self.subcommandNames + ["help"]).contains(word)
      {
        let remedy =
          FileManager.default.fileExists(atPath: word)
          ? "to run a program: remnant run -- \(ShellWord.quoted(word))"
          : "use \(Self.subcommandNames.joined(separator: ", "))"
        terminal.tell(Message("there is no command '\(word)'", remedy: remedy))
        Foundation.exit(status.rawValue)
      }
      terminal.write(
        Self.refusal(error, command: arguments.first, unicode: terminal.showsUnicode)
      )
      // As `env` and `timeout`: what runs another program keeps its own failures apart from that
      // program's statuses.
      let runsProgram = ["run", "test"].contains(arguments.first)
      Foundation.exit(runsProgram ? ExitPolicy.toolFailed : status.rawValue)
    }
  }

  /// What the argument parser says of a mistake, as the tool's other messages: what is wrong, and what to do.
  private static func refusal(_ error: any Error, command: String?, unicode: Bool) -> String {
    var text = fullMessage(for: error)
    if text.hasPrefix("Error: ") { text = String(text.dropFirst("Error: ".count)) }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // Its own usage says less than help.
    lines.removeAll { $0.hasPrefix("Usage: ") || $0.hasPrefix("  See '") }
    while lines.last?.isEmpty == true { lines.removeLast() }
    if let first = lines.first {
      // A message begins with a small letter, as the others of the tool.
      lines[0] = "remnant: " + first.prefix(1).lowercased() + first.dropFirst()
    }
    let name = command.flatMap { subcommandNames.contains($0) ? " \($0)" : nil } ?? ""
    lines.append("for all options: remnant\(name) --help")
    return lines.map { TerminalCharacter.printable($0, unicode: unicode) + "\n" }.joined()
  }
}
