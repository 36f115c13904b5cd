import HeapAnalysis
import HeapGraph

extension ReportAssembler {
  mutating func explanation(_ explanation: Explanation) -> LeakReport.Explanation {
    let all = explanation.groups.flatMap(\.instances) + explanation.leaked + explanation.unnamed
    return LeakReport.Explanation(
      query: explanation.query,
      types: explanation.types.map(withPlainSpaces),
      count: all.count,
      bytes: bytes(of: all),
      leaked: explanation.leaked.count,
      unnamed: explanation.unnamed.count,
      holdings: explanation.groups.map { holding($0) },
      suggestions: suggestions(for: explanation)
    )
  }

  /// Live types whose names have the text in them; where there is none, the one whose name is nearest.
  private func suggestions(for explanation: Explanation) -> [String] {
    guard explanation.types.isEmpty, explanation.suggestions.isEmpty else {
      return explanation.suggestions.map(withPlainSpaces)
    }
    func last(_ name: some StringProtocol) -> String {
      String(name.prefix { $0 != "<" }.split(separator: ".").last ?? "")
    }
    let types = Set(graph.types.lazy.filter { $0.kind == .classInstance }.map(\.name)).sorted()
    let nearest = Suggestion.nearest(to: last(explanation.query), among: types.map { last($0) })
    return types.filter { last($0) == nearest }.prefix(3).map(withPlainSpaces)
  }

  private mutating func holding(_ group: Explanation.Group) -> LeakReport.Explanation.Holding {
    let names = names(of: group.path.steps)
    return LeakReport.Explanation.Holding(
      count: group.instances.count,
      bytes: bytes(of: group.instances),
      root: root(group.path.start),
      path: path(of: group.path.steps, names: names).steps,
      name: group.instances.first.map { node in
        graph.taskNumbers[node].map { task($0).name } ?? graph.type(of: node).readableName
      }
    )
  }

  private func bytes(of nodes: [NodeIndex]) -> Int {
    nodes.reduce(0) { $0 + Int(graph.sizes[Int($1)]) }
  }

  /// The live objects by type, most bytes first.
  mutating func census(leaked: Set<NodeIndex>) -> [LeakReport.CensusEntry] {
    var entries = graph.types.map {
      LeakReport.CensusEntry(type: $0.readableName, count: 0, bytes: 0, leaked: 0)
    }
    // Tasks differ in what they do.
    var tasks: [String: LeakReport.CensusEntry] = [:]
    for (node, number) in graph.taskNumbers {
      let name = task(number).name
      tasks[name, default: .init(type: name, count: 0, bytes: 0, leaked: 0)].add(
        .init(
          type: name,
          count: 1,
          bytes: Int(graph.sizes[Int(node)]),
          leaked: leaked.contains(node) ? 1 : 0
        )
      )
    }
    for node in graph.addresses.indices where graph.isObject(NodeIndex(node)) {
      guard graph.states[node] != .deinited else { continue }
      if !tasks.isEmpty, graph.taskNumbers[NodeIndex(node)] != nil { continue }
      let type = Int(graph.typeIndices[node])
      entries[type].count += 1
      entries[type].bytes += Int(graph.sizes[node])
      if leaked.contains(NodeIndex(node)) { entries[type].leaked += 1 }
    }
    // Some types differ in their metadata alone: closures that capture the same types, say.
    var byName = tasks
    for entry in entries where entry.count > 0 {
      byName[entry.type, default: .init(type: entry.type, count: 0, bytes: 0, leaked: 0)].add(entry)
    }
    return byName.values.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
  }
}

extension ReportAssembler {
  /// Every task by what it does, most first; those that `async let` keeps in a parent's memory, too.
  mutating func tasks() -> [LeakReport.TaskEntry] {
    var counts: [TaskNames.Description: Int] = [:]
    for number in graph.tasks.indices { counts[task(number), default: 0] += 1 }
    return counts.map { task, count in
      LeakReport.TaskEntry(
        state: task.state.rawValue,
        function: task.function,
        file: task.file,
        line: task.line,
        count: count,
        wait: task.wait,
        holder: task.isFinishedChild ? task.group.map { "the group of \($0)" } : nil
      )
    }.sorted { left, right in
      left.count != right.count
        ? left.count > right.count
        : (left.state, left.function ?? "", left.line ?? 0)
          < (right.state, right.function ?? "", right.line ?? 0)
    }
  }
}

extension LeakReport.CensusEntry {
  fileprivate mutating func add(_ other: Self) {
    count += other.count
    bytes += other.bytes
    leaked += other.leaked
  }
}
