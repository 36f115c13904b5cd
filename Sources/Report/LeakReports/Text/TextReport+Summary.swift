/// The last lines: the verdict, in numbers that every format has in common.
extension TextReport {
  /// The verdict in one sentence: `1 leak: 2 objects, 48 bytes.`, where there is one.
  package static func verdict(on report: LeakReport) -> String {
    let text = TextReport(report: report, options: Options())
    return report.tally.leaks > 0
      ? "\(text.leaks(of: report.tally))." : text.calmLine.runs.map(\.text).joined()
  }

  private func leaks(of tally: LeakReport.Tally) -> String {
    let isNew = report.findings.contains { $0.acceptance == nil && $0.baseline == .new }
    return "\(quantity(tally.leaks, isNew ? "new leak" : "leak")): "
      + "\(quantity(tally.objects, "object")), \(readableBytes(tally.bytes))"
  }

  /// What is said where there is nothing to say: not more than was looked at.
  var calmLine: StyledText {
    let tally = report.tally
    if report.isUnchecked { return StyledText("Nothing was checked: see the notes.", .yellow) }
    if report.summary.leakedObjects > report.summary.suppressed, report.findings.isEmpty {
      return StyledText(
        "There are leaks, but not of the kinds that are listed: see the notes.",
        .yellow
      )
    }
    if !report.capture.complete {
      return StyledText("No leaks found in what could be read: see the notes.", .yellow)
    }
    if tally.accepted > 0 { return StyledText("No leaks except accepted ones.", .green) }
    return StyledText(
      report.leftNothingAlive ? "No Swift object was left alive." : "No leaks found.",
      .green
    )
  }

  var summaryLine: StyledText {
    let tally = report.tally
    var parts: [StyledText] = []
    if tally.leaks > 0 { parts.append(StyledText(leaks(of: tally), .red)) }
    if tally.others > 0 { parts.append(StyledText(quantity(tally.others, "other finding"))) }
    if tally.known > 0 { parts.append(StyledText("\(grouped(tally.known)) known")) }
    if tally.withinLimits > 0 {
      let limits = tally.withinLimits == 1 ? "its limit" : "their limits"
      parts.append(StyledText("\(grouped(tally.withinLimits)) within \(limits)"))
    }
    if tally.suppressed > 0 { parts.append(StyledText("\(grouped(tally.suppressed)) suppressed")) }
    if tally.fixed > 0 { parts.append(StyledText("\(grouped(tally.fixed)) fixed", .green)) }
    if let undecided = report.summary.undecided {
      parts.append(StyledText("\(quantity(undecided, "check")) undecided", .yellow))
    }
    parts.append(StyledText("\(quantity(tally.examined, "live object")) examined"))
    return parts.dropFirst().reduce(parts[0]) { $0 + " · " + $1 }
  }
}
