import HeapAnalysis

extension TextReport {
  /// Where the text behind the labels begins: all labels are shorter.
  private static var labelWidth: Int { 13 }
  /// The column of that text.
  static var textStart: Int { labelWidth + 2 }

  mutating func draw(_ finding: LeakReport.Finding, number: Int, of total: Int) {
    drawHeading(of: finding, number: number, of: total)
    if finding.root != nil || !finding.path.isEmpty {
      canvas.blank()
      drawPath(of: finding)
    }
    canvas.blank()
    drawSource(of: finding)
    drawFix(of: finding)
    drawSuspension(of: finding)
    drawOwned(of: finding)
    drawCounts(of: finding)
    for (index, reason) in finding.reasons.enumerated() {
      add(StyledText(reason), label: index == 0 ? "why \(finding.confidence.rawValue)" : "")
    }
    drawList(finding.namedBy, limit: Limit.namedBy, label: "named by") { StyledText(briefly($0)) }
    drawAllocations(of: finding)
    if let limit = finding.limit {
      add(
        StyledText("at most \(grouped(limit)) accepted, \(grouped(finding.count)) found"),
        label: "limit"
      )
    }
    add(StyledText(finding.signature, .dim), label: "signature")
  }

  /// Findings after those that are shown whole, a line each.
  mutating func drawFurther(_ findings: [LeakReport.Finding], of total: Int) {
    guard !findings.isEmpty else { return }
    canvas.add(StyledText(quantity(findings.count, "more finding"), .bold))
    for (index, finding) in findings.prefix(Limit.titles).enumerated() {
      canvas.add(
        StyledText("\(finding.title)  ") + StyledText(finding.signature, .dim),
        first: StyledText("  \(total - findings.count + index + 1): "),
        hanging: "      "
      )
    }
    if findings.count > Limit.titles {
      let rest = quantity(findings.count - Limit.titles, "more finding")
      canvas.add(StyledText("… and \(rest): --output leaks.html has all", .dim), first: "  ")
    }
    canvas.blank()
  }

  private mutating func drawHeading(of finding: LeakReport.Finding, number: Int, of total: Int) {
    let title: StyledText =
      if finding.isLeak {
        StyledText("\(finding.baseline == .new ? "NEW " : "")LEAK \(number) of \(total)", .red)
      } else if finding.confidence == .possible {
        StyledText("POSSIBLE \(number) of \(total)", .yellow)
      } else {
        StyledText("FOUND \(number) of \(total)", .yellow)
      }
    let objects = finding.objects
    let size =
      readableBytes(finding.bytes)
      + (objects > finding.count ? " in \(quantity(objects, "object"))" : "")
    canvas.add(
      title + "  " + StyledText("\(finding.kind.readable), \(finding.confidence.rawValue)", .bold),
      right: StyledText("\(grouped(finding.count)) × ") + StyledText(briefly(finding.type), .bold)
        + StyledText(", \(size)")
    )
  }

  private mutating func drawFix(of finding: LeakReport.Finding) {
    guard let hint = finding.hint else { return }
    let because = hint.reason.isEmpty ? "" : ", because \(hint.reason)"
    add(StyledText(briefly(hint.text), .green) + StyledText(because), label: "fix")
    // What was never tried is no result to tell.
    guard hint.verified || hint.frees > 0 else { return }
    let objects = quantity(hint.frees, "object")
    let all =
      hint.frees == 1
      ? "the object is" : hint.frees == 2 ? "both objects are" : "all \(objects) are"
    let only = "only \(objects) \(hint.frees == 1 ? "is" : "are")"
    let what =
      hint.change == .balanceRetain || hint.change == .deinitialize
      ? "that retain" : hint.edges.count > 1 ? "those references" : "that reference"
    add(
      StyledText(
        hint.verified
          ? "verified: without \(what), \(all) freed"
          : "not verified: without \(what), \(only) freed",
        .dim
      ),
      label: ""
    )
  }

  /// Where a stuck task waits: the user's functions that would go on, innermost first.
  private mutating func drawSuspension(of finding: LeakReport.Finding) {
    var places: [StyledText] = []
    var last: String?
    for frame in finding.suspendedIn ?? [] where !frame.library {
      guard let file = frame.file else { continue }
      let place =
        "\(frame.function) at \(sourcePosition(file: fileName(file), line: frame.line))"
      let variables = frame.variables ?? []
      let shown = variables.prefix(Limit.variables).map { "\($0.name): \(briefly($0.type))" }
      let more = variables.count > shown.count ? ", …" : ""
      if place != last || !shown.isEmpty {
        places.append(
          StyledText(place)
            + StyledText(
              shown.isEmpty ? "" : ", with " + shown.joined(separator: ", ") + more,
              .dim
            )
        )
      }
      last = place
    }
    drawList(places, limit: Limit.frames, label: "waits in") { $0 }
    drawList(finding.waiters ?? [], limit: Limit.waiters, label: "blocks") { waiter in
      let place = waiter.file.map { " at " + sourcePosition(file: fileName($0), line: waiter.line) }
      return StyledText("\(grouped(waiter.count)) × \(waiter.function)\(place ?? "")")
        + StyledText(", which \(waiter.count == 1 ? "waits" : "wait") for it", .dim)
    }
  }

  private mutating func drawOwned(of finding: LeakReport.Finding) {
    // Where there is no cycle, the finding's own objects come first among what is owned.
    let isOwnedItself = finding.members.first.map { $0.role == .owned && $0.type == finding.type }
    let owned = finding.members.dropFirst(isOwnedItself == true ? 1 : 0).filter {
      $0.role == .owned
    }
    drawList(owned, limit: Limit.owned, label: "keeps alive") {
      StyledText("\(grouped($0.count)) × \(briefly($0.type)), \(readableBytes($0.bytes))")
    }
  }

  private mutating func drawCounts(of finding: LeakReport.Finding) {
    let strong = finding.strongCount
    let exact = finding.exactCount
    var text: String
    if finding.kind == .zombie {
      text = "strong 0: dead"
    } else if finding.kind == .stuckTask, strong == exact + 1 {
      text = "strong \(strong) = \(exact) explained + the task's own"
    } else if strong == exact {
      text = "strong \(strong) = \(exact) explained"
    } else if strong > exact {
      text = "strong \(strong) > \(exact) explained"
      if finding.possibleCount > exact {
        text += ", \(finding.possibleCount) with words that look like references"
      }
    } else {
      text = "strong \(strong) < \(exact) found: Remnant misread a layout, please report it"
    }
    if finding.unownedCount > 0 { text += "; unowned \(finding.unownedCount)" }
    if finding.weakCount > 0 { text += "; weak \(finding.weakCount)" }
    add(StyledText(text), label: "counts")
  }

  /// The first items of a list, one a line, and how many there are more.
  mutating func drawList<Item>(
    _ items: [Item],
    limit: Int,
    label: String,
    _ text: (Item) -> StyledText
  ) {
    // "and 1 more" takes the line that the one would take.
    let shown = items.count > limit + 1 ? limit : items.count
    for (index, item) in items.prefix(shown).enumerated() {
      add(text(item), label: index == 0 ? label : "")
    }
    if items.count > shown {
      add(StyledText("… and \(grouped(items.count - shown)) more", .dim), label: "")
    }
  }

  /// Adds a text behind a label, its further lines below its first.
  mutating func add(_ text: StyledText, label: String, indent: Int = 0) {
    let padding = String(repeating: " ", count: max(Self.labelWidth - label.count, 1) + indent)
    canvas.add(text, first: "  " + StyledText(label, .dim) + StyledText(padding))
  }
}

extension FindingKind {
  /// As a person says it.
  var readable: String {
    switch self {
    case .retainCycle: "retain cycle"
    case .unbalancedRetain: "unbalanced retain"
    case .unreachable: "unreachable"
    case .stuckTask: "stuck task"
    case .survivor: "survivor"
    case .zombie: "zombie"
    case .growth: "growth"
    }
  }
}
