import HeapGraph

/// Gathers leaks of one shape into findings, and explains them.
struct FindingAssembly {
  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  private let leaks: Leaks
  private let names: StableNames
  private let namings: Namings
  private var search: CycleSearch
  private var hints: HintSearch

  init(
    _ graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components,
    _ leaks: Leaks
  ) {
    self.graph = graph
    self.subtraction = subtraction
    self.components = components
    self.leaks = leaks
    names = StableNames(of: graph)
    namings = Namings(in: graph, leaks)
    search = CycleSearch(in: graph, subtraction, components, names)
    hints = HintSearch(in: graph, subtraction, components, leaks)
  }

  /// The surest and greatest first, and before all that are only held by another one.
  mutating func findings() -> [Finding] {
    if leaks.all.isEmpty { return [] }
    var groups: [StableHash: Int] = [:]
    var members: [[UInt32]] = []
    for leak in leaks.all.indices {
      let signature = signature(of: leaks.all[leak])
      if let group = groups[signature] {
        members[group].append(UInt32(leak))
      } else {
        groups[signature] = members.count
        members.append([UInt32(leak)])
      }
    }
    let signatures = groups.sorted { $0.value < $1.value }.map(\.key)
    let owned = ownedNodes()
    var findings: [Finding] = []
    for (signature, leaks) in zip(signatures, members) {
      findings.append(finding(signature.text, leaks, owned))
    }
    let bytes = findings.map { finding in
      finding.instances.reduce(UInt64(0)) { sum, instance in
        (instance.core + instance.owned).reduce(sum) { $0 &+ graph.sizes[Int($1)] }
      }
    }
    let isHeld = members.map { members in
      members.allSatisfy { leaks.all[Int($0)].doubts.contains(.heldByLeak) }
    }
    let order = findings.indices.sorted {
      let left = findings[$0]
      let right = findings[$1]
      if isHeld[$0] != isHeld[$1] { return isHeld[$1] }
      if left.confidence != right.confidence { return left.confidence > right.confidence }
      return bytes[$0] == bytes[$1] ? left.signature < right.signature : bytes[$0] > bytes[$1]
    }
    return order.map { findings[$0] }
  }

  /// The leak's cycle; for a retain without release the cycle that its object is also in.
  private mutating func cycle(of leak: Leak) -> [Hop] {
    switch leak.kind {
    case .retainCycle: search.cycle(in: leak.component)
    case .unbalancedRetain: oldest(leak.heads).map { search.cycle(through: $0) } ?? []
    case .unreachable, .stuckTask, .survivor, .zombie, .growth: []
    }
  }

  private func oldest(_ nodes: [NodeIndex]) -> NodeIndex? {
    nodes.min { (graph.births[Int($0)], $0) < (graph.births[Int($1)], $1) }
  }

  private mutating func signature(of leak: Leak) -> StableHash {
    var signature = StableHash(leak.kind.rawValue)
    if let head = oldest(leak.heads) { signature.combine(names.type(of: head, in: graph)) }
    let cycle = cycle(of: leak)
    for token in TypeLevelCycle(cycle, graph, names).tokens { signature.combine(token) }
    return signature
  }

  /// What each leak keeps alive beside its core, in order of address.
  private func ownedNodes() -> (starts: [Int], nodes: [NodeIndex]) {
    var starts = Array(repeating: 0, count: leaks.all.count + 1)
    forEachOwned { leak, _ in starts[leak + 1] += 1 }
    for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
    var next = starts
    var nodes: [NodeIndex] = Array(repeating: 0, count: starts.last ?? 0)
    forEachOwned { leak, node in
      nodes[next[leak]] = node
      next[leak] += 1
    }
    return (starts, nodes)
  }

  private func forEachOwned(_ body: (_ leak: Int, _ node: NodeIndex) -> Void) {
    for node in 0..<NodeIndex(graph.nodeCount) {
      guard let index = leaks.owner(of: node) else { continue }
      let leak = leaks.all[Int(index)]
      if components.numbers[Int(node)] != leak.component || !leak.isCore(node) {
        body(Int(index), node)
      }
    }
  }

  private mutating func finding(
    _ signature: String,
    _ members: [UInt32],
    _ owned: (starts: [Int], nodes: [NodeIndex])
  ) -> Finding {
    let group = members.map { leaks.all[Int($0)] }
    let instances = members.map { index in
      let range = owned.starts[Int(index)]..<owned.starts[Int(index) + 1]
      return Finding.Instance(
        core: leaks.core(of: leaks.all[Int(index)]),
        owned: Array(owned.nodes[range])
      )
    }
    let representative = group[0]
    let typeLevel = TypeLevelCycle(cycle(of: representative), graph, names)
    let path = typeLevel.hopsFromOldest(in: graph)
    let subject =
      oldest(representative.heads) ?? path.first?.from ?? instances[0].core[0]

    var doubts: Leak.Doubts = []
    for leak in group { doubts.formUnion(leak.doubts) }
    let isNamed = members.contains { namings.isNamed[Int($0)] }
    let confidence: Confidence =
      doubts.isDisjoint(with: .open)
      ? (isNamed || !doubts.isDisjoint(with: .settled) ? .checked : .proven) : .possible
    return Finding(
      signature: signature,
      kind: representative.kind,
      confidence: confidence,
      reasons: doubts.sentences,
      instances: instances,
      path: path.map { Finding.Step(from: $0.from, edge: graph.edges[$0.edgeIndex]) },
      subject: subject,
      exactCount: Int(subtraction.exact[Int(subject)]),
      possibleCount: Int(subtraction.possible[Int(subject)]),
      namings: members.flatMap { namings.ofLeak($0) },
      hint: hint(representative.kind, path, subject, group, instances)
    )
  }

  private mutating func hint(
    _ kind: FindingKind,
    _ path: [Hop],
    _ subject: NodeIndex,
    _ leaks: [Leak],
    _ instances: [Finding.Instance]
  ) -> Finding.Hint? {
    switch kind {
    case .retainCycle:
      return hints.hint(forCycle: path, leaks, instances, &search)
    case .unbalancedRetain: return hints.hint(forRetainOf: subject, instances)
    case .stuckTask:
      return Finding.Hint(change: .resumeTask, steps: [], reason: "", frees: 0, isVerified: false)
    case .unreachable, .survivor, .zombie, .growth: return nil
    }
  }
}
