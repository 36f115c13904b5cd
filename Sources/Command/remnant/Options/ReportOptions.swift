internal import ArgumentParser
internal import LeakReports
internal import ProgramRunner

/// The options of a command that runs a program and reports.
struct ReportOptions: ParsableArguments {
  @OptionGroup(title: "Report options") var rendering: RenderingOptions
  @OptionGroup(title: "Verdict options") var verdict: VerdictOptions

  @Option(
    help: ArgumentHelp(
      "Show what keeps the instances of a type alive (App.Connection); may be repeated.",
      valueName: "type"
    )
  )
  var explain: [String] = []

  @Flag(help: "Show live memory by the call stacks that allocated it; collapsed and pprof need it.")
  var live = false

  @Flag(help: "Show no progress.")
  var noProgress = false

  @Flag(help: "Succeed even if nothing could be examined, which is status 125 otherwise.")
  var allowUnexamined = false

  @Option(help: ArgumentHelp("Frames to record of each call stack.", valueName: "n"))
  var depth: Int?

  func validate() throws {
    guard (1...512).contains(depth ?? 1) else {
      throw ValidationError("--depth \(depth ?? 0) is out of range\nuse 1 to 512")
    }
  }

  /// Checks everything that can be known before the program runs.
  ///
  /// The configuration is looked for in a folder, or in the current one.
  func makeOutput(configuredIn folder: String? = nil) throws -> ReportOutput {
    if let format = rendering.format, rendering.output.isEmpty,
      try ReportFormat(parsing: format) != .text
    {
      throw ReportError(
        code: .wrongUsage,
        message: "--format \(format) needs --output: the program's own output goes to the terminal",
        remedy: "add --output FILE"
      )
    }
    var output = try ReportOutput(rendering, verdict, configuredIn: folder)
    output.explainedTypes = explain
    output.includesStacks = live
    output.policy.allowsUnexamined = allowUnexamined
    if let depth { output.depth = depth }
    output.showsProgress = !noProgress && !rendering.quiet
    return output
  }
}
