import HeapAnalysis
import HeapGraph
import HeapTestSupport
import TestSupport
import Testing

@Suite struct DominatorTests {
  /// A heap as text: `A→B` is a strong reference, `A⇢B` a weak one, `→A` a root.
  ///
  /// Each letter is a block; the earlier it first appears, the older it is.
  private struct Sketch {
    var heap = HeapBuilder()
    var nodes: [Character: NodeIndex] = [:]
    private var names: [Character] = []

    init(_ text: String) {
      for word in text.split(separator: " ") {
        let letters = word.filter { !"→⇢".contains($0) }.map { $0 }
        let ends = letters.map { node($0) }
        switch (ends.count, word.contains("⇢")) {
        case (2, false): heap.strong(ends[0], "next", ends[1])
        case (2, true): heap.reference(ends[0], "next", ends[1], .weak)
        default: if word.first == "→" { heap.root(ends[0]) }
        }
      }
    }

    private mutating func node(_ name: Character) -> NodeIndex {
      if let node = nodes[name] { return node }
      let node = heap.object(String(name))
      nodes[name] = node
      names.append(name)
      return node
    }

    /// `AB` for each block B that A dominates immediately, `B` alone for one that none dominates.
    var tree: String {
      let dominators = Dominators(of: heap.built)
      return names.map { name in
        guard let node = nodes[name], let dominator = dominators.immediateDominator(of: node)
        else { return String(name) }
        return "\(names[Int(dominator)])\(name)"
      }.joined(separator: " ")
    }

    /// How many blocks each one retains: all are equally large.
    var retained: [UInt64] { Dominators(of: heap.built).retainedBytes.map { $0 / 48 } }
  }

  @Test("What a block alone leads to is dominated by it")
  func chain() {
    let chain = Sketch("→A A→B B→C C→D")
    #expect(chain.tree == "A AB BC CD")
    #expect(chain.retained == [4, 3, 2, 1])
  }

  @Test("What two blocks lead to is dominated by the last block that leads to both")
  func diamond() {
    let diamond = Sketch("→A A→B A→C B→D C→D D→E")
    #expect(diamond.tree == "A AB AC AD DE")
    #expect(diamond.retained == [5, 1, 1, 2, 1])
  }

  @Test("In a cycle, only a single entry dominates the rest")
  func cycles() {
    #expect(Sketch("→A A→B B→C C→D D→B").tree == "A AB BC CD")
    let entered = Sketch("→A A→B B→C C→D D→B A→C")
    #expect(entered.tree == "A AB AC CD")
    #expect(entered.retained == [4, 1, 2, 1])
  }

  @Test("A reference to itself changes nothing")
  func selfReference() {
    #expect(Sketch("→A A→A A→B B→B").tree == "A AB")
    #expect(Sketch("A→A").tree == "A")
  }

  @Test("What several roots lead to is dominated by no block")
  func roots() {
    let shared = Sketch("→A →B A→C B→C C→D")
    #expect(shared.tree == "A B C CD")
    #expect(shared.retained == [1, 1, 2, 1])
    #expect(Sketch("→A A→B B→C →C →C").tree == "A AB C")
  }

  @Test("A weak reference keeps nothing alive")
  func weak() {
    #expect(Sketch("→A A→B A⇢C B→C C⇢D C→D A⇢D").tree == "A AB BC CD")
    #expect(Sketch("→A A⇢B").tree == "A B")
  }

  @Test("References through raw memory count, and unowned ones only on request")
  func ownerships() {
    var heap = HeapBuilder()
    let owner = heap.object("Owner")
    let buffer = heap.raw()
    let element = heap.object("Element")
    heap.root(owner)
    heap.reference(owner, "buffer", buffer, .unmanaged)
    heap.reference(buffer, "", element, .conservative)
    heap.reference(owner, "element", element, .unowned)
    #expect(Dominators(of: heap.built).immediateDominator(of: buffer) == owner)
    #expect(Dominators(of: heap.built).immediateDominator(of: element) == buffer)
    let all = Dominators(of: heap.built, following: [.unmanaged, .conservative, .unowned])
    #expect(all.immediateDominator(of: element) == owner)
  }

  @Test("A leaked cycle is retained by its oldest block, whatever the order of addresses")
  func leakedCycle() {
    var ring = Sketch("→Z A→B B→C C→A B→D")
    #expect(ring.tree == "Z A AB BC BD")
    #expect(ring.retained == [1, 4, 3, 1, 1])
    for (age, name) in "CBADZ".enumerated() {
      if let node = ring.nodes[name] { ring.heap.graph.births[Int(node)] = UInt32(age) }
    }
    #expect(ring.tree == "Z CA AB C BD")
  }

  @Test("What a leak leads to hangs below it, even if it is older")
  func belowLeak() {
    #expect(Sketch("D A→B B→A B→C C→D").tree == "CD A AB BC")
    #expect(Sketch("C→D D→C A→B B→A B→C").tree == "BC CD A AB")
  }

  @Test("What a leak and a root lead to is dominated by neither")
  func sharedWithLeak() {
    #expect(Sketch("→A A→B B→C X→Y Y→X Y→C").tree == "A AB C X XY")
  }

  @Test("Objects that hold by themselves are roots, and deinited ones refer to nothing")
  func states() {
    var heap = HeapBuilder()
    let immortal = heap.object("Immortal", state: .immortal)
    let deiniting = heap.object("Deiniting", state: .deiniting)
    let deinited = heap.object("Deinited", state: .deinited)
    let shared = heap.object("Shared")
    let kept = heap.object("Kept")
    heap.strong(immortal, "deiniting", deiniting)
    heap.strong(immortal, "shared", shared)
    heap.strong(deiniting, "shared", shared)
    heap.strong(immortal, "kept", kept)
    heap.strong(deinited, "kept", kept)
    let dominators = Dominators(of: heap.built)
    #expect(dominators.immediateDominator(of: deiniting) == nil)
    #expect(dominators.immediateDominator(of: shared) == nil)
    #expect(dominators.immediateDominator(of: kept) == immortal)
  }

  @Test("The example of Lengauer and Tarjan")
  func classic() {
    // "A Fast Algorithm for Finding Dominators in a Flowgraph" (1979), figures 1 and 2.
    let example = Sketch(
      """
      →R R→A R→B R→C A→D B→A B→D B→E C→F C→G D→L E→H F→I G→I G→J H→E H→K I→K J→I K→I K→R L→H
      """
    )
    #expect(example.tree == "R RA RB RC RD RE CF CG DL RH RI GJ RK")
    #expect(example.retained == [13, 1, 1, 4, 2, 1, 1, 2, 1, 1, 1, 1, 1])
  }

  @Test("Sizes that can't be right don't trap")
  func hugeSizes() {
    var chain = Sketch("→A A→B")
    chain.heap.graph.sizes = [.max, .max]
    #expect(Dominators(of: chain.heap.built).retainedBytes[1] == .max)
  }

  @Test("A heap may be empty")
  func empty() { #expect(Dominators(of: HeapGraph()).order.isEmpty) }

  // MARK: Large heaps

  /// A heap of plain objects, the first of which a global holds.
  private func largeHeap(_ count: Int, targets: (Int) -> [Int]) -> HeapGraph {
    var graph = HeapGraph()
    graph.addresses = (0..<count).map { 0x1000 + UInt64($0) * 64 }
    graph.sizes = Array(repeating: 1, count: count)
    graph.births = Array(0..<UInt32(count))
    graph.states = Array(repeating: .live, count: count)
    graph.labels = [EdgeLabel(name: "next", ownership: .strong)]
    for node in 0..<count {
      for target in targets(node) {
        graph.edges.append(Edge(target: NodeIndex(target), label: 0, offset: 16))
      }
      graph.edgeStarts.append(UInt32(graph.edges.count))
    }
    graph.roots = [Root(kind: .global, name: "App.list")]
    graph.rootEdges = [RootEdge(root: 0, target: 0, address: 0x10)]
    return graph
  }

  @Test("A chain of a million blocks needs no stack", arguments: [true, false])
  func longChain(isHeld: Bool) {
    let count = 1_000_000
    var graph = largeHeap(count) { $0 + 1 < count ? [$0 + 1] : [] }
    if !isHeld { graph.rootEdges = [] }
    let dominators = Dominators(of: graph)
    #expect(dominators.immediateDominator(of: 0) == nil)
    #expect(dominators.immediateDominator(of: NodeIndex(count - 1)) == NodeIndex(count - 2))
    #expect(dominators.retainedBytes == (1...UInt64(count)).reversed())
  }

  @Test("An array at the end of a long list, shared with the list's owner, takes no quadratic time")
  func sharedArray() {
    // The owner holds the list, and, found later, an array of what the list's last node holds, too.
    let count = 1_000_000
    let (last, array) = (count / 2, count - 1)
    let graph = largeHeap(count) { node in
      switch node {
      case 0: [1, array]
      case last, array: Array(last + 1..<array)
      case ..<last: [node + 1]
      default: []
      }
    }
    let dominators = Dominators(of: graph)
    #expect((last + 1..<array).allSatisfy { dominators.immediateDominator(of: UInt32($0)) == 0 })
    #expect(dominators.retainedBytes[0] == UInt64(count))
    #expect(dominators.retainedBytes[1] == UInt64(last))
  }

  // MARK: Random heaps

  /// A random heap, and the truth about it: each block is removed in turn.
  private struct Trial {
    let graph: HeapGraph
    private let holding: Set<Ownership> = [.strong, .unmanaged, .conservative]

    init(using generator: inout SplitMix64) {
      var heap = HeapBuilder()
      let states =
        Array(repeating: NodeState.live, count: 20) + [.immortal, .deiniting, .deinited]
      let ownerships =
        Array(repeating: Ownership.strong, count: 6) + [.weak, .unowned, .unmanaged, .conservative]
      let count = Int.random(in: 1...30, using: &generator)
      for age in (0..<UInt32(count)).shuffled(using: &generator) {
        let state = states.randomElement(using: &generator) ?? .live
        let node = heap.object("Object", state: state)
        heap.graph.births[Int(node)] = age
        heap.graph.sizes[Int(node)] = UInt64.random(in: 0...1000, using: &generator)
      }
      func randomNode() -> NodeIndex { .random(in: 0..<NodeIndex(count), using: &generator) }
      for _ in 0..<Int.random(in: 0...count * 2, using: &generator) {
        let ownership = ownerships.randomElement(using: &generator) ?? .strong
        heap.reference(randomNode(), "field", randomNode(), ownership)
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) { heap.root(randomNode(), owns: false) }
      graph = heap.built
    }

    var nodes: Range<NodeIndex> { 0..<NodeIndex(graph.nodeCount) }

    private func reached(
      from starts: some Sequence<NodeIndex>,
      without removed: NodeIndex? = nil
    ) -> Set<NodeIndex> {
      var reached: Set<NodeIndex> = []
      var pending = Array(starts)
      while let node = pending.popLast() {
        guard node != removed, reached.insert(node).inserted else { continue }
        if graph.states[Int(node)] == .deinited { continue }
        pending += graph.edges(of: node)
          .filter { holding.contains(graph.label(of: $0).ownership) }
          .map(\.target)
      }
      return reached
    }

    /// Where paths begin: roots, and the oldest of those that only lead to each other.
    private var starts: Set<NodeIndex> {
      let roots =
        graph.rootEdges.map(\.target)
        + nodes.filter { [.immortal, .deiniting].contains(graph.states[Int($0)]) }
      let live = reached(from: roots)
      let reach = nodes.map { reached(from: [$0]) }
      let leaked = nodes.filter { !live.contains($0) }
      let heads = leaked.filter { node in
        leaked.filter { reach[Int($0)].contains(node) }.allSatisfy {
          reach[Int(node)].contains($0)
            && graph.births[Int($0)] >= graph.births[Int(node)]
        }
      }
      return Set(roots + heads)
    }

    /// Of each node: all that is freed with it, and it itself.
    var dominated: [Set<NodeIndex>] {
      let starts = starts
      return nodes.map { Set(nodes).subtracting(reached(from: starts, without: $0)) }
    }
  }

  @Test("In random heaps, a block dominates exactly what can't be reached without it")
  func random() {
    var deepest = 0
    var leaked = 0
    for seed in UInt64(0)..<1000 {
      var generator = SplitMix64(state: seed)
      let trial = Trial(using: &generator)
      let graph = trial.graph
      let dominators = Dominators(of: graph)
      let dominated = trial.dominated
      for node in trial.nodes {
        // Of all its dominators, the nearest dominates the fewest.
        let nearest = trial.nodes
          .filter { $0 != node && dominated[Int($0)].contains(node) }
          .min { dominated[Int($0)].count < dominated[Int($1)].count }
        #expect(dominators.immediateDominator(of: node) == nearest, "seed \(seed), node \(node)")
        let bytes = dominated[Int(node)].reduce(0) { $0 + graph.sizes[Int($1)] }
        #expect(dominators.retainedBytes[Int(node)] == bytes, "seed \(seed), node \(node)")
      }
      // Each byte once.
      let top = trial.nodes.filter { dominators.immediateDominator(of: $0) == nil }
      let total = top.reduce(0) { $0 + dominators.retainedBytes[Int($1)] }
      #expect(total == graph.sizes.reduce(0, +), "seed \(seed)")
      // Dominators come first.
      let positions = Dictionary(
        uniqueKeysWithValues: dominators.order.enumerated().map { ($1, $0) }
      )
      #expect(positions.count == graph.nodeCount, "seed \(seed)")
      for node in trial.nodes {
        guard let dominator = dominators.immediateDominator(of: node) else { continue }
        #expect(positions[dominator, default: .max] < positions[node, default: 0], "seed \(seed)")
      }
      deepest = max(deepest, dominators.order.map { depth(of: $0, in: dominators) }.max() ?? 0)
      let paths = RootPaths(in: graph)
      leaked += trial.nodes.filter { !paths.isReached($0) }.count
    }
    #expect(deepest > 5)
    #expect(leaked > 1000)
  }

  private func depth(of node: NodeIndex, in dominators: Dominators) -> Int {
    sequence(first: node) { dominators.immediateDominator(of: $0) }.reduce(0) { depth, _ in
      depth + 1
    }
  }
}
