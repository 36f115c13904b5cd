internal import Foundation
internal import HeapAnalysis
internal import LeakReports
internal import RemnantConfiguration

/// Where a report goes, what it accepts, and what it means for the exit status.
struct ReportOutput {
  /// A file that the report is written to.
  struct File {
    var format: ReportFormat
    /// Absolute: a command may go to another folder.
    var path: String

    init(format: ReportFormat, path: String) {
      self.format = format
      self.path = path == "-" ? "/dev/stdout" : URL(filePath: path).path
    }
  }

  var files: [File] = []
  /// What is shown where there are no files.
  var format = ReportFormat.text
  var policy = ExitPolicy.standard
  var accepted = AcceptedFindings()
  var shownKinds = HeapAnalysis.leakKinds
  /// Where the baseline is written to; nil where it isn't.
  var baselineToUpdate: String?
  /// Where suppressions are written to.
  var suppressionsToWrite: String?
  /// How many frames the configuration asks for.
  var depth: Int?
  /// What `--explain` asks for.
  var explainedTypes: [String] = []
  var includesStacks = false
  var showsCensus = false
  var isQuiet = false
  /// Whether the page is shown in a browser.
  var opensPage = false
  var colour = RenderingOptions.Colour.auto
  var showsProgress = false
  /// Where a report goes that no file is named for.
  var terminal = Terminal.standardError
  /// What source files are named relative to.
  var sourceRoot = SourceRoot(repositoryAround: FileManager.default.currentDirectoryPath)

  init(
    isQuiet: Bool = false,
    colour: RenderingOptions.Colour = .auto,
    terminal: Terminal = .standardError
  ) {
    self.isQuiet = isQuiet
    self.colour = colour
    self.terminal = terminal
  }

  init(
    _ rendering: RenderingOptions,
    _ verdict: VerdictOptions,
    configuredIn folder: String? = nil
  ) throws {
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
    depth = configuration.depth
    suppressionsToWrite = try verdict.generateSuppressions.map(Self.newFile)
    showsCensus = rendering.census
    isQuiet = rendering.quiet
    colour = rendering.color
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

  /// The same, for a look whose findings are judged later.
  var accumulating: ReportOutput {
    var output = self
    output.accepted = AcceptedFindings()
    return output
  }

  /// Writes the report where it was asked for, and then what else was asked for.
  ///
  /// `nextCommand` is what the reader can run next.
  func write(_ whole: LeakReport, nextCommand: String? = nil) throws {
    // Last: what isn't listed is neither fixed nor unknown to the baseline.
    var report = whole
    report.list(only: shownKinds)
    var options = TextReport.Options(
      colour: colour == .always,
      showsCensus: showsCensus,
      nextCommand: nextCommand
    )
    for file in files {
      let bytes = try report.rendered(
        as: file.format,
        policy: policy.failurePolicy,
        root: sourceRoot,
        text: options
      )
      try AtomicFile.write(bytes, to: file.path)
    }
    if !files.isEmpty, !isQuiet { tellWhatWasWritten(of: report) }
    if opensPage { try showPage(of: report) }
    if files.isEmpty, !isQuiet {
      if format == .text {
        options.width = terminal.width
        options.colour = colour == .always || colour == .auto && terminal.showsColour
        options.unicode = terminal.showsUnicode
        options.root = sourceRoot
        let text = TextReport.render(report, options: options)
        if terminal.descriptor == STDOUT_FILENO {
          try terminal.writeResult(text)
        } else {
          terminal.write(text)
        }
      } else {
        let bytes = try report.rendered(
          as: format,
          policy: policy.failurePolicy,
          root: sourceRoot,
          text: options
        )
        try AtomicFile.write(bytes, to: "/dev/stdout")
      }
    }
    if let suppressionsToWrite {
      try AtomicFile.write(Suppressions.text(for: report), to: suppressionsToWrite)
    }
    try updateBaseline(with: whole)
  }

  /// One line: what was found, and where it can be read.
  private func tellWhatWasWritten(of report: LeakReport) {
    for missing in report.explanations.compactMap(\.missing) {
      Terminal.standardError.tell(Message("--explain: \(missing)"))
    }
    let paths = files.map(\.path).filter { !$0.hasPrefix("/dev/") }
    if paths.isEmpty { return }
    let folder = FileManager.default.currentDirectoryPath + "/"
    let names = paths.map { $0.hasPrefix(folder) ? String($0.dropFirst(folder.count)) : $0 }
    Terminal.standardError.tell(
      Message("\(TextReport.verdict(on: report)) Written: \(names.joined(separator: ", "))")
    )
  }

  private func showPage(of report: LeakReport) throws {
    let page = files.first { $0.format == .html }?.path ?? PageOpener.temporaryPath()
    if !files.contains(where: { $0.path == page }) {
      let bytes = try report.rendered(as: .html, policy: policy.failurePolicy, root: sourceRoot)
      try AtomicFile.write(bytes, to: page)
    }
    PageOpener.open(page)
  }

  private func updateBaseline(with report: LeakReport) throws {
    guard let path = baselineToUpdate else { return }
    if let reason = report.doubt {
      throw ReportError(
        code: .unreadableInput,
        message: "the baseline was not updated: \(reason)",
        remedy: "see the report's notes"
      )
    }
    var baseline = Baseline(report)
    // Only what is fixed goes: not what this look could not see.
    if let old = accepted.baseline { baseline.keep(old, of: report) }
    try AtomicFile.write(try baseline.json(), to: path)
    guard !isQuiet else { return }
    let gone = report.fixed.count
    let new = report.findings.count { $0.suppressedBy == nil && $0.baseline != .known }
    let shown = TerminalCharacter.printable(path, unicode: Terminal.standardError.showsUnicode)
    Terminal.standardError.write(
      "\(shown): \(baseline.findings.count) known, \(new) of them new, \(gone) removed\n"
    )
  }
}
