internal import ArgumentParser
internal import Foundation
internal import LeakReports

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
      // Before they are one: another's objects don't stand for those of a program that nobody looked at.
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

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what is new, gone, and grown between two saved JSON reports.",
    discussion: "Exit status: 0; 64 for wrong usage or a file that is not a report."
  )

  @Argument(
    help: ArgumentHelp("The earlier JSON report.", valueName: "old"),
    completion: .file(extensions: ["json"])
  )
  var old: String

  @Argument(
    help: ArgumentHelp("The later JSON report.", valueName: "new"),
    completion: .file(extensions: ["json"])
  )
  var new: String

  @Option(
    help: ArgumentHelp("text or json.", valueName: "format"),
    completion: .list(["text", "json"])
  )
  var format: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to a file: .txt or .json.", valueName: "file"),
    completion: .file()
  )
  var output: String?

  @Flag(help: "Replace the output file even if it isn't a report.")
  var force = false

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: RenderingOptions.Colour = .auto

  func run() throws {
    try SavedReports.failing {
      let format =
        try format.map(ReportFormat.init(parsing:))
        ?? output.map(ReportFormat.init(outputPath:)) ?? .text
      guard [.text, .json].contains(format) else {
        throw ReportError(
          code: .wrongUsage,
          message: "a difference can't be written as \(format.rawValue)",
          remedy: "use text or json (.txt, .json)"
        )
      }
      if let output, !force { try ReportRecognition.checkReplaceable(output) }
      let difference = ReportDifference(
        from: try SavedReports.read([old]),
        to: try SavedReports.read([new])
      )
      let terminal = Terminal.standardOutput
      if format == .json {
        try AtomicFile.write(try difference.json(), to: output ?? "/dev/stdout")
      } else if let output {
        try AtomicFile.write(difference.text(colour: color == .always), to: output)
      } else {
        try terminal.writeResult(
          difference.text(
            width: terminal.width,
            colour: color == .always || color == .auto && terminal.showsColour,
            unicode: terminal.showsUnicode
          )
        )
      }
    }
  }
}

/// Reports that were saved.
enum SavedReports {
  /// Several are merged into one.
  static func read(_ paths: [String]) throws -> LeakReport { merged(try readEach(paths)) }

  /// At least one.
  static func readEach(_ paths: [String]) throws -> [LeakReport] {
    guard !paths.isEmpty else {
      throw ReportError(
        code: .wrongUsage,
        message: "no report is named",
        remedy: "name a JSON report"
      )
    }
    return try paths.map { path in
      try LeakReport(
        json: Data(try InputFile.bytes(of: path, limit: InputFile.Limit.report)),
        file: path
      )
    }
  }

  static func merged(_ reports: [LeakReport]) -> LeakReport {
    var merged = reports[0]
    for report in reports.dropFirst() { merged.merge(report) }
    return merged
  }

  /// Tells what is wrong, and ends with the status that says so.
  static func failing(_ body: () throws -> Void) throws {
    do { try body() } catch let error as ReportError {
      Terminal.standardError.tell(error)
      throw ExitCode(error.code == .cannotWrite ? 69 : 64)
    }
  }
}
