internal import ArgumentParser
internal import Foundation
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

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let status as ExitCode {
      Foundation.exit(status.rawValue)
    } catch {
      let status = exitCode(for: error)
      // As `env` and `timeout`: what runs another program keeps its own failures apart from that
      // program's statuses.
      guard status.isSuccess || !["run", "test"].contains(arguments.first) else {
        FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
        Foundation.exit(125)
      }
      exit(withError: error)
    }
  }
}
