internal import HeapGraph

extension HeapAnalysis {
  /// Adds a finding for each way in which dead objects keep their memory: their `deinit` is over, and
  /// unowned references still count on them.
  ///
  /// No leak: the memory goes with the last of the references. Linear in blocks and references.
  package mutating func addZombies(in index: HeapIndex) {
    let (graph, names) = (index.graph, index.names)
    var groups: [StableHash: ZombieGroup] = [:]
    let holders = Self.unownedHolders(in: graph)
    for node in 0..<NodeIndex(graph.nodeCount) where graph.states[Int(node)] == .deinited {
      let steps = holders[node] ?? []
      var signature = StableHash(FindingKind.zombie.rawValue)
      signature.combine(names.type(of: node, in: graph))
      if let step = steps.first {
        signature.combine(names.type(of: step.from, in: graph))
        signature.combine(names.reference(step.edge, from: step.from, in: graph))
      }
      groups[signature, default: ZombieGroup(path: steps.first)].add(
        node,
        isExplained: Int(graph.unownedCounts[Int(node)]) == steps.count
          && steps.allSatisfy { $0.edge.label == steps[0].edge.label }
      )
    }
    findings += groups.map { $1.finding(signature: $0.text) }.sorted {
      ($1.instances.count, $0.signature) < ($0.instances.count, $1.signature)
    }
  }

  /// Of each dead object: the unowned references to it, from the oldest holder on.
  private static func unownedHolders(in graph: HeapGraph) -> [NodeIndex: [Finding.Step]] {
    var holders: [NodeIndex: [Finding.Step]] = [:]
    for node in 0..<NodeIndex(graph.nodeCount) {
      for edge in graph.edges(of: node)
      where graph.states[Int(edge.target)] == .deinited
        && graph.label(of: edge).ownership == .unowned
      {
        holders[edge.target, default: []].append(Finding.Step(from: node, edge: edge))
      }
    }
    return holders.mapValues { steps in
      steps.sorted {
        (graph.births[Int($0.from)], $0.edge.offset) < (graph.births[Int($1.from)], $1.edge.offset)
      }
    }
  }
}

/// Dead objects of one type, kept in the same way.
private struct ZombieGroup {
  /// To the representative; nil where no type describes what keeps it.
  let path: Finding.Step?
  private(set) var instances: [NodeIndex] = []
  /// Whether references in that one place are all that count on them.
  private var isExplained = true

  init(path: Finding.Step?) { self.path = path }

  mutating func add(_ node: NodeIndex, isExplained: Bool) {
    instances.append(node)
    self.isExplained = self.isExplained && isExplained
  }

  func finding(signature: String) -> Finding {
    Finding(
      signature: signature,
      kind: .zombie,
      confidence: path == nil ? .possible : isExplained ? .proven : .checked,
      reasons: [
        path == nil
          ? "Its deinit has run; what keeps its memory is in memory that no type describes."
          : "Its deinit has run: using it through the unowned reference crashes the program."
      ],
      instances: instances.map { Finding.Instance(core: [$0], owned: []) },
      path: path.map { [$0] } ?? [],
      subject: instances[0],
      exactCount: 0,
      possibleCount: 0,
      namings: [],
      hint: path.map { _ in
        Finding.Hint(
          change: .weaken,
          steps: [0],
          reason: "a weak reference keeps no memory, and becomes nil",
          frees: instances.count,
          isVerified: isExplained,
          freesInstances: instances.count
        )
      }
    )
  }
}
