package import HeapGraph

extension HeapAnalysis {
  /// Leaves out all other instances, and findings that have none left.
  package mutating func keepInstances(where isKept: (Finding.Instance) -> Bool) {
    for index in findings.indices { findings[index].instances.removeAll { !isKept($0) } }
    findings.removeAll(where: \.instances.isEmpty)
  }

  /// Adds a finding for each way in which objects are held that the test expected to be deallocated.
  ///
  /// Those that are leaked have a finding already; `addresses` are where the objects begin. Linear in blocks
  /// and references.
  package mutating func addSurvivors(at addresses: [UInt64], in index: HeapIndex) {
    let graph = index.graph
    let leaked = Set(findings.flatMap(\.instances).flatMap { $0.core + $0.owned })
    let survivors = addresses.compactMap(graph.node(at:)).filter { !leaked.contains($0) }
    if survivors.isEmpty { return }
    let (names, paths, subtraction) = (index.names, index.rootPaths, index.subtraction)
    var order: [StableHash] = []
    var groups: [StableHash: (nodes: [NodeIndex], path: RootPaths.Path?)] = [:]
    for node in survivors {
      let path = paths.path(to: node, in: graph)
      var signature = StableHash(FindingKind.survivor.rawValue)
      signature.combine(names.type(of: node, in: graph))
      for step in path?.steps ?? [] {
        signature.combine(names.type(of: step.from, in: graph))
        signature.combine(names.reference(step.edge, from: step.from, in: graph))
      }
      if groups[signature] == nil { order.append(signature) }
      groups[signature, default: ([], path)].nodes.append(node)
    }
    findings += order.compactMap { signature in
      groups[signature].map { group in
        Finding(
          signature: signature.text,
          survivors: group.nodes,
          path: group.path,
          exactCount: Int(subtraction.exact[Int(group.nodes[0])]),
          possibleCount: Int(subtraction.possible[Int(group.nodes[0])]),
          graph: graph
        )
      }
    }
  }
}

extension Finding {
  fileprivate init(
    signature: String,
    survivors: [NodeIndex],
    path: RootPaths.Path?,
    exactCount: Int,
    possibleCount: Int,
    graph: HeapGraph
  ) {
    // A word that only looks like a reference may be none.
    let isOwned = path.map { path in
      path.steps.allSatisfy { graph.label(of: $0.edge).ownership == .strong }
    }
    self.init(
      signature: signature,
      kind: .survivor,
      confidence: isOwned == true ? .checked : .possible,
      reasons: path == nil
        ? ["Its reference count says that it is owned, but no memory that was read refers to it."]
        : [],
      instances: survivors.map { Instance(core: [$0], owned: []) },
      path: path?.steps ?? [],
      subject: survivors[0],
      exactCount: exactCount,
      possibleCount: possibleCount,
      namings: [],
      hint: Self.hint(on: path?.steps ?? [], isOwned: isOwned == true, in: graph)
    )
    start = path?.start
  }

  /// A library's object on the way has its own end; otherwise the last reference is one too many.
  private static func hint(on path: [Step], isOwned: Bool, in graph: HeapGraph) -> Hint? {
    let reason = "it holds the object past its scope"
    if let (remedy, step) = Remedy.of(path, in: graph) {
      return Hint(
        change: .call(remedy.call),
        steps: [step],
        reason: reason,
        frees: 0,
        isVerified: false
      )
    }
    guard isOwned, !path.isEmpty else { return nil }
    return Hint(
      change: .weaken,
      steps: [path.count - 1],
      reason: reason,
      frees: 0,
      isVerified: false
    )
  }
}

extension HeapGraph {
  /// The block that begins at an address.
  ///
  /// Complexity: O(log n) in the number of blocks.
  package func node(at address: UInt64) -> NodeIndex? {
    let index = addresses.partitioningIndex { $0 >= address }
    return index < nodeCount && addresses[index] == address ? NodeIndex(index) : nil
  }
}
