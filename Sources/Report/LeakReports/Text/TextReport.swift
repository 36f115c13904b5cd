/// A report for people: in a terminal, in a log, in a file.
///
///     LEAK 1 of 1  retain cycle, proven     10 × App.Owner, 2.0 KB in 20 objects
///
///       App.Owner
///        ├─ pet → App.Pet
///        ╰─ owner → App.Owner, the start
///           ~~~~~ make this reference weak
///
/// It is made from the report's value alone, so that a saved JSON report reads the same. Long lists
/// are cut, and say so; the JSON report has everything.
package struct TextReport {
  /// How to draw.
  package struct Options: Sendable {
    /// Columns of a line; at least 40 are used.
    package var width: Int
    /// Whether escape sequences may change the colour.
    package var colour: Bool
    /// Whether the terminal shows more than ASCII.
    package var unicode: Bool
    /// Whether the live objects are listed by type.
    package var showsCensus: Bool
    /// What to run next, shown at the end.
    package var nextCommand: String?
    /// The folder whose source files are quoted; nil quotes none.
    package var root: SourceRoot?

    package init(
      width: Int = 80,
      colour: Bool = false,
      unicode: Bool = true,
      showsCensus: Bool = false,
      nextCommand: String? = nil,
      root: SourceRoot? = nil
    ) {
      self.width = width
      self.colour = colour
      self.unicode = unicode
      self.showsCensus = showsCensus
      self.nextCommand = nextCommand
      self.root = root
    }

    /// With source files of a folder.
    func quoting(from root: SourceRoot) -> Options {
      var options = self
      options.root = root
      return options
    }
  }

  /// How much of each list is shown.
  enum Limit {
    static let allocations = 3
    static let namedBy = 3
    static let waiters = 3
    static let variables = 5
    static let owned = 5
    static let frames = 8
    /// Of call stacks behind the first.
    static let framesOfOthers = 1
    static let holdings = 5
    static let census = 40
    static let stacks = 20
    static let accepted = 20
    /// Told whole, and then in a line.
    static let findings = 50
    static let titles = 200
    /// References of the path at its start, and at its end.
    static let pathStart = 12
    static let pathEnd = 4
  }

  let report: LeakReport
  let options: Options
  let quotes: SourceQuotes?
  var canvas: TextCanvas

  /// The report as text, with a newline at the end.
  package static func render(_ report: LeakReport, options: Options = Options()) -> String {
    var text = TextReport(report: report, options: options)
    text.draw()
    return text.canvas.output
  }

  /// The findings alone, without notes and summary.
  static func renderFindings(of report: LeakReport, quotes: SourceQuotes? = nil) -> String {
    var text = TextReport(report: report, options: Options(), quotes: quotes)
    for (index, finding) in report.findings.enumerated() {
      text.draw(finding, number: index + 1, of: report.findings.count)
    }
    return text.canvas.output
  }

  init(report: LeakReport, options: Options, quotes: SourceQuotes? = nil) {
    self.report = report
    self.options = options
    self.quotes = quotes ?? options.root.map(SourceQuotes.init(in:))
    canvas = TextCanvas(
      width: options.width,
      colour: options.colour,
      unicode: options.unicode
    )
  }

  private mutating func draw() {
    let shown = report.findings.filter { $0.acceptance == nil }
    for (index, finding) in shown.prefix(Limit.findings).enumerated() {
      draw(finding, number: index + 1, of: shown.count)
      canvas.blank()
    }
    drawFurther(Array(shown.dropFirst(Limit.findings)), of: shown.count)
    for explanation in report.explanations {
      draw(explanation)
      canvas.blank()
    }
    if options.showsCensus {
      drawCensus()
      canvas.blank()
    }
    drawLive()
    drawTests()
    drawKnown()
    drawWithinLimits()
    drawFixed()
    drawSuppressed()
    if !report.summary.notes.isEmpty {
      canvas.add(StyledText("Notes", .bold))
      for note in report.summary.notes { canvas.add(StyledText(briefly(note)), first: "  - ") }
      canvas.blank()
    }
    if shown.isEmpty { canvas.add(calmLine) }
    canvas.add(summaryLine)
    if let command = options.nextCommand {
      canvas.add(StyledText(command, .cyan), first: StyledText("next: ", .dim))
    }
  }
}
