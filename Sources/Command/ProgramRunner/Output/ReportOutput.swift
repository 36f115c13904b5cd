internal import Foundation
package import HeapAnalysis
package import LeakReports

/// Where a report goes, what it accepts, and what it means for the exit status.
package struct ReportOutput {
  /// Whether a report in text has colors.
  package enum Colour: String, CaseIterable, Sendable {
    case auto, always, never
  }

  /// A file that the report is written to.
  package struct File {
    package var format: ReportFormat
    /// Absolute: a command may go to another folder.
    package var path: String

    package init(format: ReportFormat, path: String) {
      self.format = format
      self.path = path == "-" ? "/dev/stdout" : URL(filePath: path).path
    }
  }

  package var files: [File] = []
  /// What is shown where there are no files.
  package var format = ReportFormat.text
  package var policy = ExitPolicy.standard
  package var accepted = AcceptedFindings()
  package var shownKinds = HeapAnalysis.leakKinds
  /// Where the baseline is written to; nil where it isn't.
  package var baselineToUpdate: String?
  /// Where suppressions are written to.
  package var suppressionsToWrite: String?
  /// Frames to record of each call stack.
  package var depth = 64
  /// What `--explain` asks for.
  package var explainedTypes: [String] = []
  package var includesStacks = false
  package var showsCensus = false
  package var isQuiet = false
  /// Whether the page is shown in a browser.
  package var opensPage = false
  package var colour = Colour.auto
  package var showsProgress = false
  /// Where a report goes that no file is named for.
  package var terminal = Terminal.standardError
  /// What source files are named relative to.
  package var sourceRoot = SourceRoot(repositoryAround: FileManager.default.currentDirectoryPath)

  package init(
    isQuiet: Bool = false,
    colour: Colour = .auto,
    terminal: Terminal = .standardError
  ) {
    self.isQuiet = isQuiet
    self.colour = colour
    self.terminal = terminal
  }

  /// The same, for a look whose findings are judged later.
  package var accumulating: ReportOutput {
    var output = self
    output.accepted = AcceptedFindings()
    return output
  }

  /// Writes the report where it was asked for, and then what else was asked for.
  ///
  /// `nextCommand` is what the reader can run next.
  package func write(_ whole: LeakReport, nextCommand: String? = nil) throws {
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
