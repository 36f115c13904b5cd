internal import HeapAnalysis

/// What is accepted, and what the reader can tidy up.
extension TextReport {
  /// Findings that the baseline knows and that are not above a limit, a line each.
  mutating func drawKnown() {
    let known = report.findings.filter(\.isKnown)
    guard !known.isEmpty else { return }
    canvas.add(StyledText("Known", .bold) + StyledText(": the baseline has them", .dim))
    drawItems(known) { StyledText("\($0.title)  ") + StyledText($0.signature, .dim) }
    canvas.blank()
  }

  /// What the baseline knows and is no more.
  mutating func drawFixed() {
    guard !report.fixed.isEmpty else { return }
    canvas.add(
      StyledText("Fixed", .bold)
        + StyledText(": take them out of the baseline with --update-baseline", .dim)
    )
    drawItems(report.fixed) {
      StyledText("\($0.kind.readable) of \(briefly($0.type))", .green) + "  "
        + StyledText($0.signature, .dim)
    }
    canvas.blank()
  }

  /// What is there and fails nothing, by what covers it.
  mutating func drawSuppressed() {
    let suppressed = report.findings.filter { $0.suppressedBy != nil }
    let unused = report.suppressions.filter { $0.findings == 0 }
    guard !suppressed.isEmpty || !unused.isEmpty else { return }
    canvas.add(StyledText("Suppressed", .bold))
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
      canvas.add(StyledText("… and \(grouped(items.count - shown)) more", .dim), first: "  - ")
    }
  }
}

extension LeakReport.Finding {
  /// Whether it fails nothing because the baseline knows it.
  var isKnown: Bool {
    suppressedBy == nil && baseline == .known && limit.map { count <= $0 } ?? true
  }
}
