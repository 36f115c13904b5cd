internal import ArgumentParser
internal import Foundation
internal import LeakReports
internal import ProgramRunner

/// How a report is shown, and where it goes.
struct RenderingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The format, where the file extension doesn't select it: \(ReportFormat.names).",
      valueName: "format"
    ),
    completion: .list(ReportFormat.allCases.map(\.rawValue))
  )
  var format: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write the report to a file. Its extension selects the format: \(ReportFormat.extensionList). May be repeated.",
      valueName: "file"
    ),
    completion: .file()
  )
  var output: [String] = []

  @Flag(help: "Replace an output file even if it isn't a report.")
  var force = false

  @Flag(help: "List the live objects by type.")
  var census = false

  @Flag(help: "Print no report: the exit status and the files of --output say what was found.")
  var quiet = false

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: ReportOutput.Colour = .auto

  /// Where the report goes, checked before anything is done.
  func files() throws -> [ReportOutput.File] {
    let format = try format.map(ReportFormat.init(parsing:))
    guard format == nil || output.count <= 1 else {
      throw ReportError(
        code: .wrongUsage,
        message: "--format is given with more than one --output",
        remedy: "leave --format out: each file extension selects its format"
      )
    }
    var paths: Set<String> = []
    return try output.map { path in
      let file = try ReportOutput.File(format: format ?? ReportFormat(outputPath: path), path: path)
      guard paths.insert(URL(filePath: file.path).standardizedFileURL.path).inserted else {
        throw ReportError(
          code: .wrongUsage,
          message: "--output names '\(path)' twice",
          remedy: "name each file once"
        )
      }
      // By the path as the user typed it, for the messages.
      let typed = path == "-" ? file.path : path
      try AtomicFile.checkWritable(typed)
      if !force { try ReportRecognition.checkReplaceable(typed) }
      return file
    }
  }
}

extension ReportOutput.Colour: ExpressibleByArgument {}
