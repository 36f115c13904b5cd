import HeapAnalysis
import HeapGraph
internal import Symbolication

extension ReportAssembler {
  mutating func hint(
    _ hint: Finding.Hint,
    of finding: Finding,
    path: AssembledPath,
    names: NodeNames
  ) -> LeakReport.Finding.Hint {
    var edges: [Int] = []
    for step in hint.steps where path.positions.indices.contains(step) {
      let edge = path.positions[step]
      if !edges.contains(edge) { edges.append(edge) }
    }
    let text: String
    let change: LeakReport.Finding.Hint.Change
    switch hint.change {
    case .weaken:
      change = .weaken
      // References that the representative's cycle doesn't pass have no place among its edges.
      let extra = hint.extraSteps.map {
        AssembledPath(folding: holder(of: $0, in: finding) + [$0], graph: graph)
      }
      text = distinct(
        edges.map { weaken($0, of: path, names: names) }
          + extra.map { weaken(0, of: $0, names: names) }
      )
    case .breakByHand:
      change = .breakByHand
      let ways = distinct(edges.map { breakByHand($0, of: path, names: names) })
      text = "break the cycle by hand" + (ways.isEmpty ? "" : ": \(ways)")
    case .balanceRetain:
      change = .balanceRetain
      let type = shortTypeName(names.name(of: finding.subject))
      text = "balance the retain of `\(type)`: a `passRetained` or `retain` has no release"
    case .resumeTask:
      change = .resumeTask
      text = resumeTask(of: finding, names: names)
    case .deinitialize:
      change = .deinitialize
      text =
        "call `deinitialize(count:)` before `deallocate()` on the memory that held it"
        + (maker(of: finding.subject).map { ": it was made in `\($0)`" } ?? "")
    case .call(let call):
      change = .call
      text = call
    }
    return LeakReport.Finding.Hint(
      text: text,
      edges: edges,
      frees: hint.frees,
      verified: hint.isVerified,
      reason: hint.reason + (hint.alternative.map { "; or \($0)" } ?? ""),
      change: change
    )
  }

  /// The program's own function that made an object.
  private mutating func maker(of node: NodeIndex) -> String? {
    frames(ofStack: graph.stackIDs[Int(node)]).first {
      !$0.library && !$0.function.contains(".init(")
    }?
    .function
  }

  /// The reference to the storage that a reference to an element leaves.
  private func holder(of step: Finding.Step, in finding: Finding) -> [Finding.Step] {
    guard graph.type(of: step.from).kind == .collectionStorage else { return [] }
    for node in finding.instances.flatMap(\.core) {
      for edge in graph.edges(of: node) where edge.target == step.from {
        return [Finding.Step(from: node, edge: edge)]
      }
    }
    return []
  }

  private func distinct(_ texts: [String]) -> String {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }.joined(separator: ", and ")
  }

  private mutating func weaken(_ edge: Int, of path: AssembledPath, names: NodeNames) -> String {
    let group = path.groups[edge]
    guard let first = group.first, let last = group.last else { return "" }
    let label = graph.label(of: first.edge)
    if let closure = storedClosure(in: group) {
      // A closure can't be weak: what it captures can.
      guard graph.type(of: last.edge.target).kind != .closureContext else {
        return captureWeakly(
          nil,
          target: captured(after: edge, of: path, names),
          in: place(of: closure)
        )
      }
      let variable = closure.variable(
        ofCapture: 0,
        type: graph.type(of: last.edge.target).name
      )
      return captureWeakly(
        variable,
        target: names.name(of: last.edge.target),
        in: place(of: closure)
      )
    }
    if graph.label(of: last.edge).functionAddress != 0 {
      let isContext = graph.type(of: last.edge.target).kind == .closureContext
      return captureWeakly(
        nil,
        target: isContext
          ? captured(after: edge, of: path, names) : names.name(of: last.edge.target),
        in: "the closure in `\(property(group))`"
      )
    }
    switch graph.type(of: first.from).kind {
    case .closureContext:
      let closure = names.closure(of: first.from)
      let capture = CaptureName(label: label, closure: closure)
      let isWhole = capture?.part.isEmpty == true && group.count == 1
      return captureWeakly(
        isWhole ? capture?.variable : nil,
        target: names.name(of: last.edge.target),
        in: closure.map(place) ?? place(ofClosureBefore: edge, in: path)
      )
    case .box:
      return "make the captured variable that holds the "
        + "\(shortTypeName(names.name(of: last.edge.target))) weak: `weak var`"
    case .asyncTask:
      return "capture the \(shortTypeName(names.name(of: last.edge.target))) weakly in the task, "
        + "or cancel the task"
    default:
      if group.count > 1 { return "hold the elements of `\(property([first]))` weakly" }
      if graph.type(of: first.from).kind == .collectionStorage { return "hold the elements weakly" }
      return "make `\(property(group))` weak"
    }
  }

  mutating func breakByHand(
    _ edge: Int,
    of path: AssembledPath,
    names: NodeNames
  ) -> String {
    let group = path.groups[edge]
    guard let first = group.first, let last = group.last else { return "" }
    let target = shortTypeName(names.name(of: last.edge.target))
    switch graph.type(of: first.from).kind {
    case .closureContext:
      let closure = names.closure(of: first.from)
      return "release \(closure.map(place) ?? place(ofClosureBefore: edge, in: path)), "
        + "which captures the \(target)"
    case .box: return "set the captured variable that holds the \(target) to nil when it is done"
    case .asyncTask: return "cancel the task that holds the \(target), or let it end"
    default:
      return group.count > 1
        ? "remove the elements of `\(property([first]))` when they are done"
        : "set `\(property(group))` to nil when it is done"
    }
  }

  /// What the closure captures that a step leads to: where the path goes on.
  private func captured(after edge: Int, of path: AssembledPath, _ names: NodeNames) -> String {
    let next = path.groups[(edge + 1) % path.groups.count]
    return next.last.map { names.name(of: $0.edge.target) } ?? "object"
  }

  private func captureWeakly(_ variable: String?, target: String, in place: String) -> String {
    guard let variable else { return "capture the \(shortTypeName(target)) weakly in \(place)" }
    let name = variable == "self" ? variable : "`\(variable)`"
    return "capture \(name) weakly in \(place): `[weak \(variable)]`"
  }

  private func place(of closure: ClosureDescription) -> String {
    guard let file = closure.file else { return closure.name }
    return "the closure at " + sourcePosition(file: fileName(file), line: closure.line)
  }

  /// Where no symbol names the closure: the property that holds it.
  private func place(ofClosureBefore edge: Int, in path: AssembledPath) -> String {
    let closure = path.groups[edge].first?.from
    guard let holder = path.groups.first(where: { $0.last?.edge.target == closure }) else {
      return "the closure"
    }
    return "the closure in `\(property(holder))`"
  }

  /// `Pet.owner`, with the type that declares the property and without its module.
  private func property(_ group: [Finding.Step]) -> String {
    guard let first = group.first else { return "" }
    let label = graph.label(of: first.edge)
    let type =
      label.declaringType.isEmpty ? graph.type(of: first.from).readableName : label.declaringType
    let elements = group.count > 1 ? "[]" : ""
    return "\(shortTypeName(type)).\(label.name)\(elements)"
  }
}
