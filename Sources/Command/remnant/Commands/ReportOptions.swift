internal import ArgumentParser
internal import Foundation
internal import HeapAnalysis
internal import LeakReports
internal import RemnantConfiguration

/// How a report is shown, and where it goes.
struct RenderingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "text, json, html, markdown, sarif, junit, github, dot, collapsed or pprof.",
      valueName: "format"
    ),
    completion: .list(ReportFormat.allCases.map(\.rawValue))
  )
  var format: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write the report to a file; its ending tells the format. May be repeated.",
      valueName: "file"
    )
  )
  var output: [String] = []

  @Flag(help: "Replace an output file even if it isn't a report.")
  var force = false

  @Flag(help: "List the live objects by type.")
  var census = false

  @Flag(help: "Print no report; the exit status and --output tell.")
  var quiet = false

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: Colour = .auto

  enum Colour: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  /// Where the report goes, checked before anything is done.
  func files() throws -> [ReportOutput.File] {
    let format = try format.map(ReportFormat.init(parsing:))
    guard format == nil || output.count <= 1 else {
      throw ReportError(
        code: .wrongUsage,
        message: "--format with more than one --output",
        remedy: "let the files' endings say their formats"
      )
    }
    return try output.map { path in
      let file = try ReportOutput.File(format: format ?? ReportFormat(outputPath: path), path: path)
      try AtomicFile.checkWritable(file.path)
      if !force { try ReportRecognition.checkReplaceable(file.path) }
      return file
    }
  }
}

/// What fails, and what is accepted.
struct VerdictOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Kinds of finding that fail, such as retain-cycle:proven,unbalanced-retain; undecided: checks of tests, too.",
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

  @Option(help: ArgumentHelp("Exit status when a finding fails.", valueName: "n"))
  var leakExitCode: Int32?

  @Option(
    help: ArgumentHelp(
      "Findings that are known: a file of --update-baseline, or a JSON report. Only new ones fail.",
      valueName: "file"
    )
  )
  var baseline: String?

  @Flag(help: "Write what was found to the baseline: from now on it is known.")
  var updateBaseline = false

  @Option(
    help: ArgumentHelp(
      "Accepted findings, in LeakSanitizer's format (leak:PATTERN); may be repeated.",
      valueName: "file"
    )
  )
  var suppressions: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write a suppression for each leak to a new file, to edit.",
      valueName: "file"
    )
  )
  var generateSuppressions: String?

  @Option(
    help: ArgumentHelp(
      "The configuration; where none is named, .remnant.yml or .remnant.yaml of this folder, or of the nearest one above it in the "
        + "repository.",
      valueName: "file"
    )
  )
  var config: String?

  @Flag(help: "Read no .remnant.yml.")
  var noConfig = false

  /// From a folder on upwards, in the same repository; nil where there is none.
  private static func nearestConfiguration(to folder: String) -> String? {
    let root = URL(filePath: SourceRoot(repositoryAround: folder).folder).standardizedFileURL
    var folder = URL(filePath: folder).standardizedFileURL
    while true {
      let paths = Configuration.fileNames.map { folder.appending(path: $0).path }
      if let path = paths.first(where: FileManager.default.fileExists) { return path }
      if folder.path == root.path || folder.path == "/" { return nil }
      folder.deleteLastPathComponent()
    }
  }

  /// The configuration, its paths made relative to the current folder.
  func configuration(in folder: String) throws -> Configuration {
    guard let path = config ?? (noConfig ? nil : Self.nearestConfiguration(to: folder)) else {
      return Configuration()
    }
    let text = try InputFile.text(of: path, limit: InputFile.Limit.settings)
    let name = config ?? URL(filePath: path).lastPathComponent
    var configuration = try Configuration(parsing: text, file: name)
    let base = URL(filePath: path).deletingLastPathComponent()
    func absolute(_ path: String) -> String { URL(filePath: path, relativeTo: base).path }
    configuration.baseline = configuration.baseline.map(absolute)
    configuration.suppressions = configuration.suppressions.map(absolute)
    return configuration
  }
}

/// The options of a command that runs a program and reports.
struct ReportOptions: ParsableArguments {
  typealias Colour = RenderingOptions.Colour

  @OptionGroup(title: "Report options") var rendering: RenderingOptions
  @OptionGroup(title: "Verdict options") var verdict: VerdictOptions

  @Option(
    help: ArgumentHelp(
      "Say what keeps the instances of a type alive (App.Connection); may be repeated.",
      valueName: "type"
    )
  )
  var explain: [String] = []

  @Flag(help: "Tell live memory by call stack: for collapsed and pprof, and in JSON.")
  var live = false

  @Flag(help: "Show no progress.")
  var noProgress = false

  /// Checks everything that can be known before the program runs.
  ///
  /// The configuration is looked for in a folder, or in the current one.
  func makeOutput(configuredIn folder: String? = nil) throws -> ReportOutput {
    if let format = rendering.format, rendering.output.isEmpty,
      try ReportFormat(parsing: format) != .text
    {
      throw ReportError(
        code: .wrongUsage,
        message: "--format \(format) needs --output",
        remedy: "the program's own output goes to the terminal: add --output FILE"
      )
    }
    var output = try ReportOutput(rendering, verdict, configuredIn: folder)
    output.explainedTypes = explain
    output.includesStacks = live
    output.showsProgress = !noProgress && !rendering.quiet
    return output
  }
}
