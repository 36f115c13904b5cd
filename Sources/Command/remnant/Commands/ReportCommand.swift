internal import ArgumentParser
internal import LeakReports
internal import ProgramRunner

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show saved JSON reports in another format, or several as one.",
    discussion: """
      What was saved is complete: every format is made from it, on any machine, without the program. \
      Suppressions and baselines apply as they do to a run. `-` is the standard input.

      Exit status: 0, whatever the report says (`remnant gate` judges); 64 for wrong usage or a file that is \
      not a report; 69 when the output can't be written.
      """
  )

  @Argument(
    help: ArgumentHelp("JSON reports.", valueName: "report"),
    completion: .file(extensions: ["json"])
  )
  var reports: [String]

  @OptionGroup(title: "Report options") var rendering: RenderingOptions
  @OptionGroup(title: "Verdict options") var verdict: VerdictOptions

  func run() throws {
    try SavedReports.failing {
      var output = try ReportOutput(rendering, verdict)
      output.terminal = .standardOutput
      if output.files.isEmpty, output.format.isBinary, Terminal.standardOutput.isInteractive {
        throw ReportError(
          code: .wrongUsage,
          message: "--format \(output.format.rawValue) is binary: a terminal can't show it",
          remedy: "add --output FILE"
        )
      }
      var report = try SavedReports.read(reports)
      output.accepted.mark(&report)
      try output.write(report)
    }
  }
}
