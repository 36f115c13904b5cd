import HeapAnalysis
import HeapGraph

extension TextReport {
  /// The path from its start, one reference a line, with what to change underlined.
  mutating func drawPath(of finding: LeakReport.Finding) {
    if let root = finding.root { draw(root) }
    let path = finding.path
    guard let start = path.first else { return }
    canvas.add(StyledText(briefly(start.from), .bold), first: "  ", hanging: "    ")
    let suspects = Set(finding.hint?.edges ?? [])
    var left = 0
    for index in path.indices {
      guard isShown(index, of: path.count, suspects: suspects) else {
        left += 1
        continue
      }
      drawGap(left)
      left = 0
      let isLast = index == path.count - 1
      let returns =
        isLast && finding.root == nil && path[index].to == start.from
      draw(path[index], isLast: isLast, returns: returns)
      if suspects.contains(index) { underline(path[index], isLast: isLast, of: finding) }
    }
    drawGap(left)
  }

  /// The start and end of a long path, and what to change with its neighbours.
  private func isShown(_ index: Int, of count: Int, suspects: Set<Int>) -> Bool {
    // A gap of one takes the line that the one would take.
    count <= Limit.pathStart + Limit.pathEnd + 1
      || index < Limit.pathStart || index >= count - Limit.pathEnd
      || suspects.contains(index) || suspects.contains(index + 1) || suspects.contains(index - 1)
  }

  /// What a path begins at.
  mutating func draw(_ root: LeakReport.Finding.Root) {
    let place = root.location.map { location -> String in
      let position = location.file.map {
        " at \(sourcePosition(file: fileName($0), line: location.line))"
      }
      return ", in \(location.function)\(position ?? "")"
    }
    canvas.add(
      StyledText(root.name, .bold)
        + StyledText(" (\(root.readableKind)\(place ?? "")) holds", .dim),
      first: "  ",
      hanging: "    "
    )
  }

  /// A path that leads from a root to an object, one reference a line.
  mutating func draw(_ path: [LeakReport.Finding.Step]) {
    guard let start = path.first else { return }
    canvas.add(StyledText(start.from, .bold), first: "  ", hanging: "    ")
    var left = 0
    for index in path.indices {
      guard isShown(index, of: path.count, suspects: []) else {
        left += 1
        continue
      }
      drawGap(left)
      left = 0
      draw(path[index], isLast: index == path.count - 1, returns: false)
    }
  }

  private mutating func drawGap(_ left: Int) {
    guard left > 0 else { return }
    canvas.add(
      StyledText("⋯ \(quantity(left, "more reference"))", .dim),
      first: StyledText("   ┊  ", .dim)
    )
  }

  private mutating func draw(
    _ step: LeakReport.Finding.Step,
    isLast: Bool,
    returns: Bool
  ) {
    var text = StyledText(step.via, .bold)
    if let function = step.variableOf {
      // The line before this one names the function that the task is suspended in.
      let kind = function.hasPrefix("closure #") ? "closure" : "function"
      let isNamed = step.from.contains(" in \(function)")
      text +=
        isNamed
        ? ", a variable of that \(kind)" : StyledText(", a variable of \(briefly(function))")
    }
    text += " → "
    let isCapture = step.via.hasPrefix("capture ")
    if let location = step.location, !isCapture, location.function != step.to {
      // A closure that captures one object has no context of its own: the object is its context.
      let captured = step.captures.map { $0.joined(separator: ", ") } ?? ""
      text += StyledText(briefly(location.function))
      if !captured.isEmpty { text += StyledText(", which captures \(captured)", .dim) }
      text += " → "
    } else if !isCapture, step.location == nil, step.captures != nil {
      text += StyledText("a closure → ")
    }
    text += StyledText(briefly(step.to), .bold)
    if returns { text += StyledText(", the start", .dim) }
    if step.ownership != .strong, step.variableOf == nil {
      text += StyledText(" (\(step.ownership.readable))", .yellow)
    }
    let bar = StyledText(isLast ? "      " : "   │  ", .dim)
    canvas.add(
      text,
      first: StyledText(isLast ? "   ╰─ " : "   ├─ ", .dim),
      hanging: bar + "    "
    )
    if let location = step.location, !isCapture, let file = location.file {
      canvas.add(
        StyledText("at \(sourcePosition(file: fileName(file), line: location.line))", .dim),
        first: bar + "    "
      )
    }
  }

  /// Whether a step's variable is one of the closure in which the task is suspended: there a weak capture helps.
  private static func isOfSuspendedClosure(_ step: LeakReport.Finding.Step) -> Bool {
    guard let function = step.variableOf, function.hasPrefix("closure #") else { return false }
    return step.from.contains(" in \(function)")
  }

  private mutating func underline(
    _ step: LeakReport.Finding.Step,
    isLast: Bool,
    of finding: LeakReport.Finding
  ) {
    let bar = StyledText(isLast ? "      " : "   │  ", .dim)
    let length = canvas.columns(of: StyledText(step.via))
    // A name that takes more than the line can't be underlined; the sentence still says "this".
    let marks = String(repeating: "~", count: max(1, min(length, canvas.width / 2)))
    let isCapture = step.via.hasPrefix("capture ") || step.captures != nil
    let advice =
      switch finding.hint?.change {
      case .weaken: isCapture ? "make this capture weak" : "make this reference weak"
      case .breakByHand: "break this reference by hand"
      case .resumeTask:
        Self.isOfSuspendedClosure(step)
          ? "capture \(step.via) weakly"
          : isCapture ? "make this capture weak" : "don't keep it while the task waits"
      case .call: "ends with that call"
      case .balanceRetain, .deinitialize, nil: "this reference"
      }
    canvas.add(
      StyledText("\(marks) ", .red) + StyledText(advice, .red),
      first: bar,
      hanging: bar + "    "
    )
  }
}

extension Ownership {
  fileprivate var readable: String {
    switch self {
    case .strong, .unowned, .weak, .unmanaged: rawValue
    case .conservative: "looks like a reference"
    }
  }
}

extension LeakReport.Finding.Root {
  fileprivate var readableKind: String {
    switch kind {
    case "threadStack": "stack"
    case "threadLocal": "thread-local storage"
    default: kind
    }
  }
}
