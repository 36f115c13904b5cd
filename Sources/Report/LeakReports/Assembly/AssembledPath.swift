import HeapAnalysis
import HeapGraph
internal import Symbolication

/// A finding's path with what no user wrote, the storage of standard collections and the boxes of
/// indirect cases, large existentials and captured variables, folded into the references to it.
struct AssembledPath {
  var steps: [LeakReport.Finding.Step] = []
  /// What was folded into each step, in order; never empty.
  var groups: [[Finding.Step]] = []
  /// The step that each reference of the analysis's path went into.
  var positions: [Int] = []

  /// Groups the references of a path: one that ends at a storage or box is one with the next.
  ///
  /// A cycle that begins at a storage is turned to begin at the first other member, so that its
  /// owner's property, and not the storage, is what the reader sees. A storage that no member
  /// precedes, or that a path ends at, stays a step of its own.
  init(folding path: [Finding.Step], graph: HeapGraph) {
    func isStorage(_ node: NodeIndex) -> Bool {
      switch graph.type(of: node).kind {
      case .collectionStorage, .box, .cBlock: true
      default: graph.taskMemory[node] != nil
      }
    }

    guard let first = path.first, let last = path.last else { return }
    var start = 0
    if first.from == last.edge.target {
      start = path.firstIndex { !isStorage($0.from) } ?? 0
    }
    positions = Array(repeating: 0, count: path.count)
    for offset in path.indices {
      let index = (start + offset) % path.count
      let step = path[index]
      let continues =
        isStorage(step.from) && groups.last?.last?.edge.target == step.from
        && groups.last?.first.map { !isStorage($0.from) } == true
      if continues {
        groups[groups.count - 1].append(step)
      } else {
        groups.append([step])
      }
      positions[index] = groups.count - 1
    }
  }
}

extension ReportAssembler {
  mutating func path(of steps: [Finding.Step], names: NodeNames) -> AssembledPath {
    var path = AssembledPath(folding: steps, graph: graph)
    path.steps = path.groups.compactMap { step(folding: $0, names: names) }
    return path
  }

  private mutating func step(
    folding group: [Finding.Step],
    names: NodeNames
  ) -> LeakReport.Finding.Step? {
    guard let first = group.first, let last = group.last else { return nil }
    let labels = group.map { graph.label(of: $0.edge) }
    // The weakest reference of a chain decides what the whole of it owns.
    let ownership = labels.map(\.ownership).first { $0 != .strong } ?? .strong
    let stored = storedClosure(in: group)
    let closure = stored ?? names.closure(of: first.from)
    let isDirectClosure =
      graph.label(of: last.edge).functionAddress != 0
      && graph.type(of: last.edge.target).kind != .closureContext
    let variable = variable(of: group)
    return LeakReport.Finding.Step(
      from: names.fullName(of: first.from),
      via: variable?.variable.name ?? via(group, names: names),
      ownership: ownership,
      to: names.fullName(of: last.edge.target),
      exact: !labels.contains { $0.ownership == .conservative },
      location: closure.map { .init(function: $0.name, file: $0.file, line: $0.line) },
      captures: isDirectClosure
        ? closure?.variable(ofCapture: 0, type: graph.type(of: last.edge.target).name).map { [$0] }
          ?? []
        : nil,
      variableOf: variable.map { frameFunction(at: $0.place) }
    )
  }

  /// The variable of a suspended function that a path leads through.
  ///
  /// Several words of a task may name an object: the variable of the innermost function stands for all.
  mutating func variable(of group: [Finding.Step]) -> TaskFrames.Variable? {
    guard let first = group.first, let last = group.last,
      graph.taskNumbers[first.from] != nil || graph.taskMemory[first.from] != nil,
      graph.label(of: last.edge).ownership == .conservative
    else { return nil }
    return variables(inMemoryAt: last.from).filter { $0.target == last.edge.target }.min {
      ($0.place.frame, $0.rank) < ($1.place.frame, $1.rank)
    }
  }

  /// The variables of suspended functions that a task's block has, and what they refer to.
  mutating func variables(inMemoryAt block: NodeIndex) -> [TaskFrames.Variable] {
    guard graph.taskNumbers[block] != nil || graph.taskMemory[block] != nil else { return [] }
    let contexts = taskFrames.contexts(in: block)
    guard contexts.contains(where: { hasVariables($0.place) }) else { return [] }
    return graph.edges(of: block).filter { graph.label(of: $0).ownership == .conservative }
      .compactMap {
        taskFrames.variable(
          at: $0,
          from: block,
          contexts,
          variables: symbolicator.variables(resumedAt:)
        )
      }
  }

  private func hasVariables(_ place: TaskFrames.Place) -> Bool {
    let function = graph.tasks[place.task].frames[place.frame]
    return !symbolicator.variables(resumedAt: function).isEmpty
  }

  /// The closure that the last slot of a step holds: a property, or the elements of a collection.
  mutating func storedClosure(in group: [Finding.Step]) -> ClosureDescription? {
    group.last.flatMap { closure(at: graph.label(of: $0.edge).functionAddress) }
  }

  /// `children[]` for a property and the storage behind it, `capture self` for a capture.
  mutating func via(_ group: [Finding.Step], names: NodeNames) -> String {
    guard let first = group.first, let last = group.last else { return "" }
    let label = graph.label(of: first.edge)
    if label.name == EdgeLabel.groupName, graph.taskNumbers[first.from] != nil { return label.name }
    if let task = graph.taskNumbers[first.from] ?? graph.taskMemory[last.from] {
      guard let place = taskFrames.place(ofWordAt: last.edge.offset, in: last.from) else {
        return frameName(of: task)
      }
      return "frame of \(frameFunction(at: place))"
    }
    let name = label.ownership == .conservative && label.name.isEmpty ? "a word" : label.name
    let capture = CaptureName(label: label, closure: names.closure(of: first.from))
    return group.dropFirst().reduce(capture?.readable ?? name) { via, step in
      let inner = graph.label(of: step.edge).name
      // The capture calls slots of a storage `[]`, `[key]`, `[].owner` and the like. Any other name
      // is one of a part of the elements, or of the value in a box.
      if inner.hasPrefix("[") { return via + inner }
      let kind = graph.type(of: step.from).kind
      if kind == .box || kind == .cBlock { return inner.isEmpty ? via : via + "." + inner }
      return inner.isEmpty ? via + "[]" : via + "[]." + inner
    }
  }
}

/// A capture's slot: `capture 0`, or `capture 0.owner` for a part of a captured struct.
struct CaptureName {
  var index: Int
  /// With its leading dot; empty for the whole capture.
  var part: String
  /// The captured variable, where debug information says so.
  var variable: String?

  init?(label: EdgeLabel, closure: ClosureDescription?) {
    guard label.name.hasPrefix("capture ") else { return nil }
    let rest = label.name.dropFirst("capture ".count)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let index = Int(digits) else { return nil }
    self.index = index
    part = String(rest.dropFirst(digits.count))
    variable = closure?.variable(ofCapture: index, type: label.slotType)
  }

  var readable: String { "capture \(variable ?? String(index))\(part)" }
}
