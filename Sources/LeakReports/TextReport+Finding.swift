import HeapAnalysis

extension TextReport {
  /// Where the text behind the labels begins: all labels are shorter.
  private static var labelWidth: Int { 13 }

  mutating func draw(_ finding: LeakReport.Finding, number: Int, of total: Int) {
    drawHeading(of: finding, number: number, of: total)
    if finding.root != nil || !finding.path.isEmpty {
      canvas.blank()
      drawPath(of: finding)
    }
    canvas.blank()
    drawFix(of: finding)
    drawOwned(of: finding)
    drawCounts(of: finding)
    for (index, reason) in finding.reasons.enumerated() {
      add(StyledText(reason), label: index == 0 ? "why \(finding.confidence.rawValue)" : "")
    }
    drawList(finding.namedBy, limit: Limit.namedBy, label: "named by") { StyledText($0) }
    drawAllocations(of: finding)
    add(StyledText(finding.signature, .dim), label: "signature")
  }

  private mutating func drawHeading(of finding: LeakReport.Finding, number: Int, of total: Int) {
    let title: StyledText =
      if finding.isLeak {
        StyledText("LEAK \(number) of \(total)", .red)
      } else if finding.confidence == .possible {
        StyledText("POSSIBLE \(number) of \(total)", .yellow)
      } else {
        StyledText("FOUND \(number) of \(total)", .yellow)
      }
    let objects = finding.members.reduce(0) { $0 + $1.count }
    let size =
      readableBytes(finding.bytes)
      + (objects > finding.count ? " in \(quantity(objects, "block"))" : "")
    canvas.add(
      title + "  " + StyledText("\(finding.kind.readable), \(finding.confidence.rawValue)", .bold),
      right: StyledText("\(grouped(finding.count)) × ") + StyledText(finding.type, .bold)
        + StyledText(", \(size)")
    )
  }

  private mutating func drawFix(of finding: LeakReport.Finding) {
    guard let hint = finding.hint else { return }
    let because = hint.reason.isEmpty ? "" : ", because \(hint.reason)"
    add(StyledText(hint.text, .green) + StyledText(because), label: "fix")
    // What was never tried is no result to tell.
    guard hint.verified || hint.frees > 0 else { return }
    let objects = quantity(hint.frees, "object")
    let what =
      hint.change == .balanceRetain
      ? "that retain" : hint.edges.count > 1 ? "those references" : "that reference"
    add(
      StyledText(
        hint.verified
          ? "verified: without \(what), the analysis frees all \(objects)"
          : "not verified: without \(what), the analysis frees only \(objects)", .dim), label: "")
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
