internal import ArgumentParser
internal import Foundation
internal import HeapAnalysis
internal import LeakReports
internal import RemnantConfiguration

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
