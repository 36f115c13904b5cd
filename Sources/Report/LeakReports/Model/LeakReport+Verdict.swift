internal import HeapAnalysis

extension LeakReport {
  /// What fails, a line each, and one line for everything.
  /// - Parameters:
  ///   - policy: which findings fail.
  ///   - unchecked: the files that say that nothing was checked, which fail.
  ///   - width: columns of a line.
  ///   - colour: whether escape sequences may change the colour.
  ///   - unicode: whether more than ASCII is shown.
  /// - Returns: text, with a newline at the end.
  package func verdict(
    policy: FailurePolicy,
    unchecked: [String] = [],
    width: Int = 80,
    colour: Bool = false,
    unicode: Bool = true
  ) -> String {
    var canvas = TextCanvas(width: width, colour: colour, unicode: unicode)
    let failing = findings.filter(policy.fails)
    for finding in failing {
      let new = finding.baseline == .new ? "new " : ""
      let limit = finding.limit.map { ", more than its limit of \(grouped($0))" } ?? ""
      canvas.add(
        StyledText("\(new)\(finding.title)\(limit)  ") + StyledText(finding.signature, .dim),
        first: StyledText("✘ ", .red),
        hanging: "    "
      )
      if let advice = finding.advice {
        canvas.add(StyledText(advice, .green), first: "    fix: ", hanging: "    ")
      }
    }
    for entry in fixed {
      canvas.add(
        StyledText("fixed: \(entry.kind.readable) of \(briefly(entry.type))  ")
          + StyledText(entry.signature, .dim),
        first: StyledText("✔ ", .green),
        hanging: "    "
      )
    }
    for use in suppressions where use.findings == 0 {
      canvas.add(
        StyledText("unused suppression \(use.line) (\(use.source)): delete it"),
        first: StyledText("! ", .yellow),
        hanging: "    "
      )
    }
    for file in unchecked {
      canvas.add(StyledText("\(file): nothing was checked", .yellow), first: StyledText("✘ ", .red))
    }
    if policy.failsUndecided, let undecided = summary.undecided {
      canvas.add(
        StyledText("\(quantity(undecided, "check")) undecided: see the report's notes", .yellow),
        first: StyledText("✘ ", .red)
      )
    }
    if !isUnchecked, let doubt {
      canvas.add(StyledText(doubt, .yellow), first: StyledText("! ", .yellow))
    }
    let tally = tally
    let limits = tally.withinLimits > 0 ? " · \(grouped(tally.withinLimits)) within limits" : ""
    canvas.add(
      StyledText("\(grouped(failing.count)) failing", failing.isEmpty ? .green : .red)
        + StyledText(
          " · \(grouped(tally.known)) known\(limits) · \(grouped(tally.suppressed)) suppressed"
            + " · \(grouped(tally.fixed)) fixed"
        )
    )
    return canvas.output
  }
}
