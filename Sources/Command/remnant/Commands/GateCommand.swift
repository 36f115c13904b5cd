internal import ArgumentParser
internal import LeakReports
internal import ProgramRunner

struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Check saved JSON reports: fail on findings that are neither known nor suppressed.",
    discussion: """
      Prints what fails, a line each, and how many findings are known, suppressed and fixed.

      Exit status: 0 when no finding fails; 23 when one fails (--leak-exit-code changes it), or when \
      nothing could be examined (--allow-unexamined accepts that); 64 for wrong usage or a file that is not a \
      report.
      """
  )

  @Argument(
    help: ArgumentHelp("JSON reports.", valueName: "report"),
    completion: .file(extensions: ["json"])
  )
  var reports: [String]

  @Flag(help: "Accept a report that says that nothing could be examined.")
  var allowUnexamined = false

  @OptionGroup(title: "Report options") var rendering: RenderingOptions
  @OptionGroup(title: "Verdict options") var verdict: VerdictOptions

  func run() throws {
    var fails = false
    var status = ExitPolicy.standardLeakExitCode
    try SavedReports.failing {
      var output = try ReportOutput(rendering, verdict)
      status = output.policy.leakExitCode
      let all = try SavedReports.readEach(reports)
      // Before they are one: another program's objects don't stand for those of one that was not examined.
      let unchecked = zip(reports, all).filter { $1.isUnchecked }.map(\.0)
      var report = SavedReports.merged(all)
      output.accepted.mark(&report)
      fails = output.policy.failurePolicy.fails(report) || !(unchecked.isEmpty || allowUnexamined)
      let isQuiet = output.isQuiet
      // Files and the baseline are written; in place of the report goes the verdict.
      if output.files.isEmpty { output.isQuiet = true }
      try output.write(report)
      guard !isQuiet else { return }
      let terminal = Terminal.standardOutput
      try terminal.writeResult(
        report.verdict(
          policy: output.policy.failurePolicy,
          unchecked: unchecked,
          width: terminal.width,
          colour: output.colour == .always || output.colour == .auto && terminal.showsColour,
          unicode: terminal.showsUnicode
        )
      )
    }
    if fails { throw ExitCode(status) }
  }
}
