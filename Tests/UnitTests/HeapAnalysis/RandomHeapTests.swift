import HeapGraph
import HeapTestSupport
import TestSupport
import Testing

@testable import HeapAnalysis

@Suite struct RandomHeapTests {
  /// A random program's heap at its end, blocks in random order.
  private struct Trial {
    let model: CountingModel
    var graph: HeapGraph
    /// Of each object that lives: its node.
    let nodes: [Int: NodeIndex]
    let leaked: Set<NodeIndex>

    init(
      _ options: CountingModel.Options,
      staleWords: Int = 0,
      using generator: inout SplitMix64
    ) {
      let model = CountingModel(options, using: &generator)
      var heap = HeapBuilder()
      var placed: [Int: NodeIndex] = [:]
      let alive = model.objects.indices.filter { model.objects[$0].isAlive }
      for object in alive.shuffled(using: &generator) {
        let node = heap.object("Type\(model.objects[object].type)")
        placed[object] = node
        heap.retain(node, UInt32(model.objects[object].count))
        heap.graph.births[Int(node)] = UInt32(object)
      }
      for (object, node) in placed.sorted(by: { $0.key < $1.key }) {
        for slot in model.objects[object].strong {
          guard let target = placed[slot.target] else { continue }
          heap.reference(node, "field\(slot.name)", target, .strong)
        }
        for target in model.objects[object].weak {
          if let target = placed[target] { heap.reference(node, "weak", target, .weak) }
        }
        let buffered = model.objects[object].buffered.compactMap { placed[$0] }
        if !buffered.isEmpty {
          let buffer = heap.raw()
          heap.reference(node, "buffer", buffer, .unmanaged)
          for target in buffered { heap.reference(buffer, "", target, .conservative) }
        }
      }
      for global in model.globals {
        if let node = placed[global] { heap.root(node, owns: false) }
      }
      for _ in 0..<staleWords {
        if let node = placed.values.sorted().randomElement(using: &generator) {
          heap.root(node, owns: false)
        }
      }
      let nodes = placed
      self.model = model
      self.nodes = nodes
      graph = heap.built
      leaked = Set(model.leaked.compactMap { nodes[$0] })
    }

    /// The typed blocks of findings, each as often as it is reported.
    func reported(_ findings: [Finding]) -> [NodeIndex] {
      findings.flatMap(\.instances).flatMap { $0.core + $0.owned }
        .filter { graph.states[Int($0)] == .live }.sorted()
    }
  }

  private func forEachTrial(
    _ options: CountingModel.Options,
    staleWords: Int = 0,
    _ body: (Trial, inout SplitMix64, UInt64) throws -> Void
  ) rethrows -> Int {
    var leaky = 0
    for seed in UInt64(0)..<300 {
      var generator = SplitMix64(state: seed)
      let trial = Trial(options, staleWords: staleWords, using: &generator)
      if !trial.leaked.isEmpty { leaky += 1 }
      try body(trial, &generator, seed)
    }
    return leaky
  }

  @Test("Exactly what a random program leaks is reported, each object once", arguments: [0, 3])
  func cycles(_ staleWords: Int) {
    let leaky = forEachTrial(.init(), staleWords: staleWords) { trial, _, seed in
      let analysis = HeapAnalysis(of: trial.graph)
      #expect(trial.reported(analysis.findings) == trial.leaked.sorted(), "seed \(seed)")
      #expect(analysis.leakedNodes == trial.leaked.sorted(), "seed \(seed)")
      #expect(analysis.findings.allSatisfy { $0.kind == .retainCycle }, "seed \(seed)")
      #expect(analysis.negative.isEmpty, "seed \(seed)")
    }
    #expect(leaky > 100)
  }

  @Test("So it is with retains that are never released")
  func retains() {
    let options = CountingModel.Options(retainsTooMuch: true)
    let leaky = forEachTrial(options) { trial, _, seed in
      let analysis = HeapAnalysis(of: trial.graph)
      #expect(analysis.leakedNodes == trial.leaked.sorted(), "seed \(seed)")
    }
    #expect(leaky > 100)
  }

  @Test("So it is with references in raw memory, although not all is certain then")
  func buffers() {
    let options = CountingModel.Options(retainsTooMuch: true, hasBuffers: true)
    let leaky = forEachTrial(options) { trial, _, seed in
      let analysis = HeapAnalysis(of: trial.graph)
      #expect(trial.reported(analysis.findings) == trial.leaked.sorted(), "seed \(seed)")
    }
    #expect(leaky > 100)
  }

  @Test("A hint does in the program what it promises, no more and no less")
  func hints() throws {
    var verified = 0
    let options = CountingModel.Options(retainsTooMuch: true)
    _ = try forEachTrial(options) { trial, _, seed in
      let graph = trial.graph
      for finding in HeapAnalysis(of: graph).findings {
        let hint = try #require(finding.hint, "seed \(seed)")
        let objects = Dictionary(uniqueKeysWithValues: trial.nodes.map { ($1, $0) })
        let core = finding.instances.flatMap(\.core).compactMap { objects[$0] }
        let members = core + finding.instances.flatMap(\.owned).compactMap { objects[$0] }
        var model = trial.model
        switch hint.change {
        case .weaken:
          let steps = hint.steps.map { finding.path[$0] } + hint.extraSteps
          let slots = Set(
            steps.map { [graph.type(of: $0.from).name, graph.label(of: $0.edge).name] }
          )
          for member in members where model.objects[member].isAlive {
            let type = "Type\(model.objects[member].type)"
            model.clear(member) { slots.contains([type, "field\($0.name)"]) }
          }
        case .balanceRetain:
          for object in core {
            for _ in 0..<model.objects[object].surplus { model.release(object) }
          }
        case .breakByHand, .resumeTask, .deinitialize, .call: continue
        }
        let freed = members.filter { !model.objects[$0].isAlive }.count
        #expect(hint.frees == freed, "seed \(seed)")
        #expect(hint.isVerified == (freed == members.count), "seed \(seed)")
        if hint.isVerified { verified += 1 }
      }
    }
    #expect(verified > 100)
  }

  // MARK: Planted faults

  private struct Fault {
    var node: NodeIndex
    var index: Int
    var target: NodeIndex
  }

  private func strongEdge(_ graph: HeapGraph, _ generator: inout SplitMix64) -> Fault? {
    let strong = graph.edges.indices.filter {
      graph.label(of: graph.edges[$0]).ownership == .strong
    }
    guard let index = strong.randomElement(using: &generator),
      let node = (0..<NodeIndex(graph.nodeCount)).first(where: { graph.edgeRange(of: $0) ~= index })
    else { return nil }
    return Fault(node: node, index: index, target: graph.edges[index].target)
  }

  private func isExplained(_ node: NodeIndex, _ graph: HeapGraph) -> Bool {
    Subtraction(of: graph).external(node) == 0
  }

  @Test("A reference counted twice is noticed, and never makes a live object a proven leak")
  func doubled() {
    var noticed = 0
    _ = forEachTrial(.init()) { trial, generator, seed in
      guard let fault = strongEdge(trial.graph, &generator) else { return }
      var graph = trial.graph
      graph.edges.insert(graph.edges[fault.index], at: fault.index)
      for node in Int(fault.node) + 1...graph.nodeCount { graph.edgeStarts[node] += 1 }
      let analysis = HeapAnalysis(of: graph)
      // A spurious reference can stand in for a real owner, and only then it isn't seen.
      if isExplained(fault.target, trial.graph) {
        #expect(analysis.negative == [fault.target], "seed \(seed)")
        noticed += 1
      }
      let proven = analysis.findings.filter { $0.confidence == .proven }
      #expect(trial.leaked.isSuperset(of: trial.reported(proven)), "seed \(seed)")
    }
    #expect(noticed > 100)
  }

  @Test("A reference that is missed leaves a count unexplained, and never invents a cycle")
  func dropped() {
    var noticed = 0
    _ = forEachTrial(.init()) { trial, generator, seed in
      guard let fault = strongEdge(trial.graph, &generator) else { return }
      var graph = trial.graph
      graph.edges.remove(at: fault.index)
      for node in Int(fault.node) + 1...graph.nodeCount { graph.edgeStarts[node] -= 1 }
      let before = HeapAnalysis(of: trial.graph)
      let analysis = HeapAnalysis(of: graph)
      if isExplained(fault.target, trial.graph) {
        #expect(analysis.countsUnexplained == before.countsUnexplained + 1, "seed \(seed)")
        noticed += 1
      }
      // What the target keeps is as sure as the target: it looks retained too often now.
      let cycles = analysis.findings.filter {
        $0.kind == .retainCycle && !$0.reasons.contains { $0.hasPrefix("Another leak holds it") }
      }
      #expect(trial.leaked.isSuperset(of: trial.reported(cycles)), "seed \(seed)")
    }
    #expect(noticed > 100)
  }

  @Test("A slot whose type isn't understood never makes a live object a leak")
  func demoted() {
    var noticed = 0
    _ = forEachTrial(.init()) { trial, generator, seed in
      guard let fault = strongEdge(trial.graph, &generator) else { return }
      var graph = trial.graph
      graph.edges[fault.index].label = UInt32(graph.labels.count)
      graph.labels.append(EdgeLabel(name: "", ownership: .conservative))
      let analysis = HeapAnalysis(of: graph)
      let reported = trial.reported(analysis.findings)
      #expect(trial.leaked.isSuperset(of: reported), "seed \(seed)")
      // What leaks is still found, if with less certainty.
      #expect(Set(reported) == trial.leaked, "seed \(seed)")
      if !isExplained(fault.target, graph) { noticed += 1 }
    }
    #expect(noticed > 100)
  }
}
