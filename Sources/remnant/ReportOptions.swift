internal import ArgumentParser
internal import Foundation
internal import HeapAnalysis
internal import LeakReports

/// The options that every command which makes a report has.
struct ReportOptions: ParsableArguments {
  @Option(help: ArgumentHelp("text, json or dot.", valueName: "format"))
  var format: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write the report to a file; its ending tells the format.",
      valueName: "file"
    )
  )
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Kinds of finding that fail, such as retain-cycle:proven,unbalanced-retain.",
      valueName: "kind[:confidence],…"
    )
  )
  var failOn: String?

  @Option(
    help: ArgumentHelp(
      "Kinds of finding to list, such as retain-cycle,zombie; what fails is always listed.",
      valueName: "kind,…"
    )
  )
  var show: String?

  @Option(
    help: ArgumentHelp(
      "Say what keeps the instances of a type alive (App.Connection); may be repeated.",
      valueName: "type"
    )
  )
  var explain: [String] = []

  @Flag(help: "List the live objects by type.")
  var census = false

  @Option(help: ArgumentHelp("Exit status when a finding fails.", valueName: "n"))
  var leakExitCode: Int32 = ExitPolicy.standardLeakExitCode

  @Flag(help: "Print no report; the exit status and --output tell.")
  var quiet = false

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: Colour = .auto

  @Flag(help: "Show no progress.")
  var noProgress = false

  enum Colour: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  /// Checks everything that can be known before the program runs.
  func makeOutput(relativeTo folder: String? = nil) throws -> ReportOutput {
    // For a command that goes to another folder.
    let output =
      output.map { path in
        folder.map { URL(filePath: path, relativeTo: URL(filePath: $0)).path } ?? path
      }
    let format =
      try format.map(ReportFormat.init(parsing:))
      ?? output.map(ReportFormat.init(outputPath:)) ?? .text
    if format != .text, output == nil {
      throw ReportError(
        code: .wrongUsage,
        message: "--format \(format.rawValue) needs --output",
        remedy: "the program's own output goes to the terminal: add --output FILE"
      )
    }
    if let output { try AtomicFile.checkWritable(output) }
    let policy = try ExitPolicy(
      failurePolicy: failOn.map(FailurePolicy.init(parsing:)) ?? .standard,
      leakExitCode: leakExitCode
    )
    return ReportOutput(
      format: format,
      path: output,
      policy: policy,
      shownKinds: try show.map(FindingKind.set(parsing:)) ?? HeapAnalysis.leakKinds,
      explainedTypes: explain,
      showsCensus: census,
      isQuiet: quiet,
      colour: color,
      showsProgress: !noProgress && !quiet
    )
  }
}

/// Where a report goes, and what it means for the exit status.
struct ReportOutput {
  var format = ReportFormat.text
  var path: String?
  var policy = ExitPolicy.standard
  var shownKinds = HeapAnalysis.leakKinds
  /// What `--explain` asks for.
  var explainedTypes: [String] = []
  var showsCensus = false
  var isQuiet = false
  var colour = ReportOptions.Colour.auto
  var showsProgress = false
  /// Where a text report goes that no file is named for.
  var terminal = Terminal.standardError

  /// Every kind that is to be listed.
  var listedKinds: Set<FindingKind> { shownKinds.union(policy.failurePolicy.thresholds.keys) }

  /// Writes the report where it was asked for.
  func write(_ report: LeakReport, nextCommand: String?) throws {
    switch format {
    case .json: try AtomicFile.write(try report.json(), to: path ?? "/dev/stdout")
    case .dot: try AtomicFile.write(DotReport.render(report), to: path ?? "/dev/stdout")
    default:
      if let path {
        try AtomicFile.write(
          TextReport.render(
            report,
            options: TextReport.Options(
              colour: colour == .always,
              showsCensus: showsCensus,
              nextCommand: nextCommand
            )
          ),
          to: path
        )
      } else if !isQuiet {
        let options = TextReport.Options(
          width: terminal.width,
          colour: colour == .always || colour == .auto && terminal.showsColour,
          unicode: terminal.showsUnicode,
          showsCensus: showsCensus,
          nextCommand: nextCommand
        )
        terminal.write(TextReport.render(report, options: options))
      }
    }
  }
}
