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
package struct TextReport: Sendable {
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
    /// What to run next, told at the end.
    package var nextCommand: String?

    package init(
      width: Int = 80,
      colour: Bool = false,
      unicode: Bool = true,
      showsCensus: Bool = false,
      nextCommand: String? = nil
    ) {
      self.width = width
      self.colour = colour
      self.unicode = unicode
      self.showsCensus = showsCensus
      self.nextCommand = nextCommand
    }
  }

  /// How much of each list is shown.
  enum Limit {
    static let allocations = 3
    static let namedBy = 3
    static let waiters = 3
    static let owned = 5
    static let frames = 8
    /// Of call stacks behind the first.
    static let framesOfOthers = 1
    static let holdings = 5
    static let census = 40
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
  var canvas: TextCanvas

  /// The report as text, with a newline at the end.
  package static func render(_ report: LeakReport, options: Options = Options()) -> String {
    var text = TextReport(report: report, options: options)
    text.draw()
    return text.canvas.output
  }

  /// The findings alone, without notes and summary.
  static func renderFindings(of report: LeakReport) -> String {
    var text = TextReport(report: report, options: Options())
    for (index, finding) in report.findings.enumerated() {
      text.draw(finding, number: index + 1, of: report.findings.count)
    }
    return text.canvas.output
  }

  private init(report: LeakReport, options: Options) {
    self.report = report
    self.options = options
    canvas = TextCanvas(
      width: options.width,
      colour: options.colour,
      unicode: options.unicode
    )
  }

  private mutating func draw() {
    let shown = report.findings.filter { $0.suppressedBy == nil && !$0.isKnown }
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
    drawTests()
    drawKnown()
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

  /// What is said where there is nothing to say: not more than was looked at.
  private var calmLine: StyledText {
    let summary = report.summary
    if report.isUnchecked { return StyledText("Nothing was checked: see the notes.", .yellow) }
    if summary.leakedObjects > summary.suppressed, report.findings.isEmpty {
      return StyledText("Something is leaked, and not listed: see the notes.", .yellow)
    }
    if !report.capture.complete {
      return StyledText("No leaks found in what could be read: see the notes.", .yellow)
    }
    if report.findings.contains(where: \.isKnown) {
      return StyledText("No leaks but those that are known.", .green)
    }
    if summary.suppressed > 0 {
      return StyledText("No leaks but those that are suppressed.", .green)
    }
    return StyledText(
      report.leftNothingAlive ? "No Swift object was left alive." : "No leaks found.",
      .green
    )
  }

  /// Of the leaks that are listed: where some are suppressed, those are not counted.
  private var leakedSize: String {
    let summary = report.summary
    let accepted = report.findings.contains { $0.suppressedBy != nil || $0.isKnown }
    guard accepted else {
      return "\(quantity(summary.leakedObjects, "object")), \(readableBytes(summary.leakedBytes))"
    }
    let listed = report.findings.filter { $0.isLeak && $0.suppressedBy == nil && !$0.isKnown }
    let blocks = listed.flatMap(\.members).reduce(0) { $0 + $1.count }
    return "\(quantity(blocks, "block")), \(readableBytes(listed.reduce(0) { $0 + $1.bytes }))"
  }

  /// The verdict in one sentence: `1 leak: 2 objects, 48 bytes.`, where there is one.
  package static func verdict(on report: LeakReport) -> String {
    let text = TextReport(report: report, options: Options())
    let leaks = report.findings.count {
      $0.suppressedBy == nil && !$0.isKnown && $0.isLeak
    }
    return leaks > 0
      ? "\(quantity(leaks, "leak")): \(text.leakedSize)." : text.calmLine.runs.map(\.text).joined()
  }

  private var summaryLine: StyledText {
    let summary = report.summary
    var parts: [StyledText] = []
    let shown = report.findings.filter { $0.suppressedBy == nil && !$0.isKnown }
    let leaks = shown.count(where: \.isLeak)
    let others = shown.count - leaks
    let known = report.findings.count(where: \.isKnown)
    if leaks > 0 {
      let new = shown.contains { $0.baseline == .new } ? "new leak" : "leak"
      let text = "\(quantity(leaks, new)): \(leakedSize)"
      parts.append(StyledText(text, .red))
    }
    if others > 0 { parts.append(StyledText(quantity(others, "other finding"))) }
    if known > 0 { parts.append(StyledText("\(grouped(known)) known")) }
    if !report.fixed.isEmpty {
      parts.append(StyledText("\(grouped(report.fixed.count)) fixed", .green))
    }
    if summary.suppressed > 0 {
      parts.append(StyledText("\(grouped(summary.suppressed)) suppressed"))
    }
    if let undecided = summary.undecided {
      parts.append(StyledText("\(quantity(undecided, "check")) undecided", .yellow))
    }
    let counts = summary.countsExplained + summary.countsUnexplained + summary.countsNegative
    var judged = "\(quantity(counts, "live object")) judged"
    if counts > 0 {
      judged += ", counts explained \(percentage(summary.countsExplained, of: counts))"
    }
    parts.append(StyledText(judged))
    return parts.dropFirst().reduce(parts[0]) { $0 + " · " + $1 }
  }
}
