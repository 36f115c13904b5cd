internal import HeapAnalysis

/// What is accepted, and what the reader can tidy up.
extension TextReport {
  /// Findings that the baseline lists, a line each.
  mutating func drawKnown() {
    let known = report.findings.filter { $0.acceptance == .known }
    guard !known.isEmpty else { return }
    canvas.add(StyledText("Known", .bold) + StyledText(": accepted by the baseline", .dim))
    drawItems(known) { StyledText("\($0.title)  ") + StyledText($0.signature, .dim) }
    canvas.blank()
  }

  /// Findings with no more instances than the configuration accepts.
  mutating func drawWithinLimits() {
    let findings = report.findings.filter { finding in
      if case .withinLimit = finding.acceptance { true } else { false }
    }
    guard !findings.isEmpty else { return }
    canvas.add(
      StyledText("Within limits", .bold)
        + StyledText(": accepted by `limits` of .remnant.yml", .dim)
    )
    drawItems(findings) { finding in
      StyledText("\(finding.title); at most \(grouped(finding.limit ?? 0)) accepted  ")
        + StyledText(finding.signature, .dim)
    }
    canvas.blank()
  }

  /// What the baseline lists and is gone.
  mutating func drawFixed() {
    guard !report.fixed.isEmpty else { return }
    canvas.add(
      StyledText("Fixed", .bold)
        + StyledText(": remove them from the baseline with --update-baseline", .dim)
    )
    drawItems(report.fixed) {
      StyledText("\($0.kind.readable) of \(briefly($0.type))", .green) + "  "
        + StyledText($0.signature, .dim)
    }
    canvas.blank()
  }

  /// Findings that are suppressed, by what suppresses them, and suppressions that nothing needs.
  mutating func drawSuppressed() {
    let suppressed = report.findings.filter { $0.suppressedBy != nil }
    let unused = report.suppressions.filter { $0.findings == 0 }
    guard !suppressed.isEmpty || !unused.isEmpty else { return }
    canvas.add(StyledText("Suppressed", .bold) + StyledText(": accepted, with the reason", .dim))
    var instances: [String: Int] = [:]
    var order: [String] = []
    for finding in suppressed {
      guard let cover = finding.suppressedBy else { continue }
      if instances[cover] == nil { order.append(cover) }
      instances[cover, default: 0] += finding.count
    }
    for cover in order {
      let use = report.suppressions.first { $0.line == cover && $0.findings > 0 }
      let why = use.map { "  \($0.reason ?? "no reason given") (\($0.source))" } ?? ""
      canvas.add(
        StyledText("\(grouped(instances[cover] ?? 0)) × \(cover)") + StyledText(why, .dim),
        first: "  - ",
        hanging: "      "
      )
    }
    for use in unused {
      canvas.add(
        StyledText("unused: \(use.line)", .yellow)
          + StyledText("  delete it (\(use.source))", .dim),
        first: "  - ",
        hanging: "      "
      )
    }
    canvas.blank()
  }

  private mutating func drawItems<Item>(_ items: [Item], _ text: (Item) -> StyledText) {
    let shown = items.count > Limit.accepted + 1 ? Limit.accepted : items.count
    for item in items.prefix(shown) { canvas.add(text(item), first: "  - ", hanging: "      ") }
    if items.count > shown {
      canvas.add(
        StyledText("… and \(grouped(items.count - shown)) more: --output leaks.json has all", .dim),
        first: "  - "
      )
    }
  }
}
