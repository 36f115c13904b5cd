internal import Foundation
internal import HeapAnalysis
internal import LeakReports
internal import ProgramRunner
internal import RemnantConfiguration

/// What the options and the configuration say of a report.
extension ReportOutput {
  init(
    _ rendering: RenderingOptions,
    _ verdict: VerdictOptions,
    configuredIn folder: String? = nil
  ) throws {
    self.init(isQuiet: rendering.quiet, colour: rendering.color)
    let configuration = try verdict.configuration(
      in: folder ?? FileManager.default.currentDirectoryPath
    )
    files = try rendering.files()
    format = try rendering.format.map(ReportFormat.init(parsing:)) ?? .text
    shownKinds =
      try (verdict.show ?? configuration.show).map(FindingKind.set(parsing:))
      ?? HeapAnalysis.leakKinds
    policy = try ExitPolicy(
      failurePolicy: (verdict.failOn ?? configuration.failOn).map(FailurePolicy.init(parsing:))
        ?? .standard,
      leakExitCode: verdict.leakExitCode ?? configuration.leakExitCode
        ?? ExitPolicy.standardLeakExitCode
    )
    shownKinds.formUnion(policy.failurePolicy.thresholds.keys)
    try accept(verdict, configuration)
    if let configured = configuration.depth { depth = configured }
    suppressionsToWrite = try verdict.generateSuppressions.map(Self.newFile)
    showsCensus = rendering.census
  }

  /// Suppressions are edited by hand: one that is there is not written over.
  private static func newFile(_ path: String) throws -> String {
    try AtomicFile.checkWritable(path)
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else {
      return URL(filePath: path).path
    }
    throw ReportError(
      code: .wrongUsage,
      message: "'\(path)' exists already, and reasons written into it by hand would be lost",
      remedy: "name a new file for --generate-suppressions"
    )
  }

  private mutating func accept(_ verdict: VerdictOptions, _ configuration: Configuration) throws {
    for path in configuration.suppressions + verdict.suppressions {
      let text = try InputFile.text(of: path, limit: InputFile.Limit.settings)
      let name = path.split(separator: "/").last.map(String.init) ?? path
      accepted.suppressions.rules += try Suppressions(parsing: text, file: name).rules
    }
    accepted.limits = configuration.limits
    let path = verdict.baseline ?? configuration.baseline
    guard verdict.updateBaseline else {
      accepted.baseline = try path.map { try Self.baseline(at: $0) }
      return
    }
    guard let path else {
      throw ReportError(
        code: .wrongUsage,
        message: "--update-baseline needs to know which baseline",
        remedy: "add --baseline FILE, or `baseline: FILE` to .remnant.yml"
      )
    }
    try AtomicFile.checkWritable(path)
    baselineToUpdate = URL(filePath: path).path
    if FileManager.default.fileExists(atPath: path) {
      accepted.baseline = try Self.baseline(at: path)
    }
    // What is found is known from now on.
    policy.failurePolicy = FailurePolicy(thresholds: [:])
  }

  private static func baseline(at path: String) throws -> Baseline {
    guard FileManager.default.fileExists(atPath: path) else {
      throw ReportError(
        code: .unreadableInput,
        message: "there is no baseline '\(path)'",
        remedy: "write it first: the same command with --update-baseline"
      )
    }
    return try Baseline(
      json: try InputFile.text(of: path, limit: InputFile.Limit.baseline),
      file: path
    )
  }
}
