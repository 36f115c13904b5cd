internal import ArgumentParser
internal import Foundation
internal import HeapAnalysis
internal import LeakReports
internal import RemnantConfiguration

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

/// What fails, and what is accepted.
struct VerdictOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Kinds of findings that fail, such as retain-cycle:proven,unbalanced-retain; `undecided` adds checks of tests "
        + "that could not be decided.",
      valueName: "kind[:confidence],…"
    ),
    completion: .list(FindingKind.allCases.map(\.rawValue) + ["undecided"])
  )
  var failOn: String?

  @Option(
    help: ArgumentHelp(
      "Kinds of findings to list, such as retain-cycle,zombie; what fails is always listed.",
      valueName: "kind,…"
    ),
    completion: .list(FindingKind.allCases.map(\.rawValue))
  )
  var show: String?

  @Option(help: ArgumentHelp("Exit status when a finding fails.", valueName: "n"))
  var leakExitCode: Int32?

  @Option(
    help: ArgumentHelp(
      "Findings that are known: a file that --update-baseline wrote, or a JSON report. Only new ones fail.",
      valueName: "file"
    ),
    completion: .file(extensions: ["json"])
  )
  var baseline: String?

  @Flag(help: "Write what was found to the baseline: from now on it is known.")
  var updateBaseline = false

  @Option(
    help: ArgumentHelp(
      "Accepted findings, in LeakSanitizer's format (leak:PATTERN); may be repeated.",
      valueName: "file"
    ),
    completion: .file()
  )
  var suppressions: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write a suppression for each leak to a new file, to edit.",
      valueName: "file"
    ),
    completion: .file()
  )
  var generateSuppressions: String?

  @Option(
    help: ArgumentHelp(
      "The configuration. Without this option, .remnant.yml or .remnant.yaml of this folder or of the nearest one "
        + "above it in the repository.",
      valueName: "file"
    ),
    completion: .file(extensions: ["yml", "yaml"])
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
    if let config, noConfig {
      throw ReportError(
        code: .wrongUsage,
        message: "--no-config and --config '\(config)' contradict each other",
        remedy: "leave one of them out"
      )
    }
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
      "Show what keeps the instances of a type alive (App.Connection); may be repeated.",
      valueName: "type"
    )
  )
  var explain: [String] = []

  @Flag(help: "Show live memory by the call stacks that allocated it; collapsed and pprof need it.")
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
        message: "--format \(format) needs --output: the program's own output goes to the terminal",
        remedy: "add --output FILE"
      )
    }
    var output = try ReportOutput(rendering, verdict, configuredIn: folder)
    output.explainedTypes = explain
    output.includesStacks = live
    output.showsProgress = !noProgress && !rendering.quiet
    return output
  }
}
