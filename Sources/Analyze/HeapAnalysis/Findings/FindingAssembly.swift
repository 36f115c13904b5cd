import HeapGraph

/// Gathers leaks of one shape into findings, and explains them.
struct FindingAssembly {
  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  private let leaks: Leaks
  private let names: StableNames
  private let code: CodeNames
  private let framesOwnWithoutWords: Bool
  private let signatures: LeakSignatures
  private let namings: Namings
  private let wordPath: WordPath
  private let knots: Knots
  /// Functions in which something was made that lost its owner with the memory that held it.
  private let losers: Set<String>
  /// Of a task, by its position in `HeapGraph.tasks`: those that wait for it.
  private let waitingFor: [Int: [Int]]
  private var search: CycleSearch
  private var hints: HintSearch

  init(_ index: HeapIndex, _ leaks: Leaks) {
    self.leaks = leaks
    graph = index.graph
    subtraction = index.subtraction
    components = index.components
    code = index.code
    names = index.names
    framesOwnWithoutWords = index.framesOwnWithoutWords
    signatures = LeakSignatures(of: graph, names, code)
    wordPath = WordPath(in: graph, subtraction, components, names, code)
    knots = Knots(of: leaks, in: graph, subtraction, components, code)
    losers = Self.losers(among: leaks, graph, code)
    namings = Namings(in: graph, leaks)
    var waitingFor: [Int: [Int]] = [:]
    for (waiter, task) in graph.tasks.enumerated() where task.isWaiting {
      for number in task.waitsFor { waitingFor[number, default: []].append(waiter) }
    }
    self.waitingFor = waitingFor
    search = CycleSearch(in: graph, subtraction, components, names)
    hints = HintSearch(in: graph, subtraction, components, leaks, code)
  }

  /// The surest and greatest first, and before all that are only held by another one.
  mutating func findings() -> [Finding] {
    if leaks.all.isEmpty { return [] }
    let owned = ownedNodes()
    var groups: [StableHash: Int] = [:]
    var members: [[UInt32]] = []
    for leak in leaks.all.indices where knots.roots[leak] == UInt32(leak) {
      let signature = signature(
        of: UInt32(leak),
        owned.nodes[owned.starts[leak]..<owned.starts[leak + 1]]
      )
      if let group = groups[signature] {
        members[group].append(UInt32(leak))
      } else {
        groups[signature] = members.count
        members.append([UInt32(leak)])
      }
    }
    let signatures = groups.sorted { $0.value < $1.value }.map(\.key)
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

  private mutating func signature(of index: UInt32, _ owned: ArraySlice<NodeIndex>) -> StableHash {
    let leak = leaks.all[Int(index)]
    if let head = knots.heads[Int(index)] { return signatures.signature(ofKnot: head) }
    let head = head(of: leak)
    return signatures.signature(of: leak, head: head, cycle: cycle(of: leak), keeping: owned)
  }

  /// The leak's cycle; for a retain without release the cycle that its object is also in.
  private mutating func cycle(of leak: Leak) -> [Hop] {
    switch leak.kind {
    case .retainCycle:
      return search.cycle(of: leak, in: graph)
    case .unbalancedRetain: return head(of: leak).map { search.cycle(through: $0) } ?? []
    case .unreachable, .stuckTask, .survivor, .zombie, .growth: return []
    }
  }

  /// The object that a leak is named after: the oldest that its own count keeps; where only words explain the counts, the
  /// one that its author would look for.
  private func head(of leak: Leak) -> NodeIndex? {
    leak.kind == .unreachable
      ? leak.heads.min { wordPath.rank($0) < wordPath.rank($1) } : graph.oldest(leak.heads)
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
      guard let owner = leaks.owner(of: node) else { continue }
      let index = knots.roots[Int(owner)]
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
    let cycle = cycle(of: representative)
    let knot = knots.heads[Int(members[0])]
    var path = TypeLevelCycle(cycle, graph, names).hopsFromOldest(in: graph)
    if let knot { path = search.cycle(through: knot) }
    if [.unreachable, .stuckTask].contains(representative.kind) {
      path = wordPath.cycle(
        in: representative.component,
        through: representative.task.map { graph.tasks[$0].node }
      )
    }
    let subject = knot ?? head(of: representative) ?? path.first?.from ?? instances[0].core[0]

    var doubts: Leak.Doubts = []
    for leak in group { doubts.formUnion(leak.doubts) }
    let isNamed = members.contains { namings.isNamed[Int($0)] }
    let confidence: Confidence =
      doubts.isDisjoint(with: .open)
      ? (isNamed || !doubts.isDisjoint(with: .settled) ? .checked : .proven) : .possible
    var finding = Finding(
      signature: signature,
      kind: representative.kind,
      confidence: confidence,
      reasons: doubts.sentences(of: representative.kind, hiddenHolders: graph.hiddenHolders)
        + reasons(for: representative.kind, instances),
      instances: instances,
      path: path.map { Finding.Step(from: $0.from, edge: graph.edges[$0.edgeIndex]) },
      subject: subject,
      exactCount: Int(subtraction.exact[Int(subject)]),
      possibleCount: Int(subtraction.possible[Int(subject)]),
      namings: members.flatMap { namings.ofLeak($0) },
      hint: knot.map { hints.hint(forKnot: $0, path, group, instances, &search) }
        ?? hint(representative.kind, path, subject, group, instances)
    )
    finding.formerSignature =
      signatures.formerSignature(of: representative, cycle: cycle)?.text
    finding.task = representative.task
    finding.waiters = group.flatMap { leak in leak.task.map(waiters) ?? [] }
    return finding
  }

  /// `Unmanaged` retains instances of classes: strings, arrays, closures, and boxes lose their owner with its memory.
  private static func isNeverRetainedByHand(_ type: HeapType) -> Bool {
    switch type.kind {
    case .collectionStorage, .closureContext, .box, .cBlock, .foreign: true
    case .classInstance, .errorBox, .asyncTask, .opaque, .raw: false
    }
  }

  private static func losers(
    among leaks: Leaks,
    _ graph: HeapGraph,
    _ code: CodeNames
  ) -> Set<String> {
    var functions: Set<String> = []
    for leak in leaks.all where leak.kind == .unbalancedRetain {
      for head in leak.heads where isNeverRetainedByHand(graph.type(of: head)) {
        if let maker = code.maker(of: head, in: graph) { functions.insert(code.name(at: maker)) }
      }
    }
    return functions
  }

  /// The tasks that wait for a task, and for those in turn.
  private func waiters(of task: Int) -> [Int] {
    var found: [Int] = []
    var pending = [task]
    var seen: Set<Int> = [task]
    while let number = pending.popLast() {
      for waiter in waitingFor[number] ?? [] where seen.insert(waiter).inserted {
        found.append(waiter)
        pending.append(waiter)
      }
    }
    return found.sorted()
  }

  /// Members of a stuck task's finding that a frame may own, too: the task is stuck all the same.
  private func reasons(for kind: FindingKind, _ instances: [Finding.Instance]) -> [String] {
    guard kind == .stuckTask, framesOwnWithoutWords else { return [] }
    var types: Set<String> = []
    for node in instances.flatMap({ $0.core + $0.owned })
    where graph.type(of: node).kind == .classInstance && subtraction.isOverRetained(node) {
      types.insert(graph.type(of: node).name)
    }
    if types.isEmpty { return [] }
    let shown = types.sorted().prefix(3).joined(separator: ", ")
    return ["Swift code on a stack may own some of its objects, too: \(shown)."]
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
    case .unbalancedRetain:
      return hints.hint(
        forRetainOf: subject,
        instances,
        isLostWithMemory: Self.isNeverRetainedByHand(graph.type(of: subject))
          || code.maker(of: subject, in: graph).map { losers.contains(code.name(at: $0)) } ?? false
      )
    case .stuckTask, .unreachable: return hints.hint(forWordPath: path, kind)
    case .survivor, .zombie, .growth: return nil
    }
  }
}
