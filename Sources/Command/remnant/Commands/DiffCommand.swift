internal import ArgumentParser
internal import LeakReports
internal import ProgramRunner

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
  var color: ReportOutput.Colour = .auto

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
