import HeapGraph

/// Chooses the references to change, and proves the choice by counts.
struct HintSearch {
  /// From this score on a reference plainly refers back: by its name, or because it is a capture.
  private static let plainScore = 50

  /// How many members the cycles may have that are tried out; those of the representative come on top.
  private static let sampleLimit = 4096

  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  private let code: CodeNames
  private var release: Release
  private var slots = Slots()
  private var scratch: [UInt32]

  init(
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components,
    _ leaks: Leaks,
    _ code: CodeNames
  ) {
    self.graph = graph
    self.subtraction = subtraction
    self.components = components
    self.code = code
    release = Release(in: graph, subtraction, holders: leaks.holders)
    scratch = Array(repeating: 0, count: graph.nodeCount)
  }

  /// The retain to balance, or the memory that was given back before what it held was released.
  mutating func hint(
    forRetainOf subject: NodeIndex,
    _ instances: [Finding.Instance],
    isLostWithMemory: Bool
  ) -> Finding.Hint {
    let outcome = release.outcome(for: instances) { _, _ in false }
    let surplus = subtraction.external(subject)
    if isLostWithMemory {
      let isObject = graph.type(of: subject).kind == .classInstance
      let reason =
        isObject
        ? "the strings, arrays, or closures created with it leaked, too"
        : "nothing refers to it, and no code retains objects of its type by hand"
      return hint(.deinitialize, [], reason, outcome)
    }
    return hint(
      .balanceRetain,
      [],
      "\(surplus) of its retains \(surplus == 1 ? "has" : "have") no release",
      outcome
    )
  }

  /// What ends the wait of a task, or releases objects that only words keep: to capture the owner weakly, where the
  /// path leads from an object through what it started back to it.
  func hint(
    forWordPath path: [Hop],
    _ kind: FindingKind
  ) -> Finding.Hint? {
    if kind == .stuckTask {
      // The last reference leads back to the object that the path begins at.
      let steps = path.indices.last.map { [$0] } ?? []
      return Finding.Hint(
        change: .resumeTask,
        steps: steps,
        reason: "",
        frees: 0,
        isVerified: false
      )
    }
    if let (remedy, step) = Remedy.of(path, in: graph) {
      return Finding.Hint(
        change: .call(remedy.call),
        steps: [step],
        reason: "",
        frees: 0,
        isVerified: false
      )
    }
    // What a person can change: a property of the program's own.
    let own = path.firstIndex { hop in
      graph.type(of: hop.from).kind == .classInstance && origin(of: hop, in: path) == .program
        && subtraction.ownerships[Int(graph.edges[hop.edgeIndex].label)] == .strong
    }
    return own.map { step in
      Finding.Hint(
        change: .breakByHand,
        steps: [step],
        reason: "its target keeps this object alive through memory that no type describes",
        frees: 0,
        isVerified: false
      )
    }
  }

  /// The call that ends a knot, or what is to be changed where there is none.
  mutating func hint(
    forKnot head: NodeIndex,
    _ path: [Hop],
    _ leaks: [Leak],
    _ instances: [Finding.Instance],
    _ search: inout CycleSearch
  ) -> Finding.Hint? {
    if let call = code.endingCall(of: graph.type(of: head)) {
      let name = graph.type(of: head).name
      return Finding.Hint(
        change: .call(
          "call `\(call)` on the `\(name.split(separator: ".").last ?? "")` when it is done"
        ),
        steps: [],
        reason: "its objects hold each other until then",
        frees: 0,
        isVerified: false
      )
    }
    let hint = hint(forCycle: path, leaks, instances, &search)
    // Of many references none is the wrong one.
    guard let hint, hint.change == .weaken, hint.steps.count + hint.extraSteps.count > 2 else {
      return hint
    }
    return Finding.Hint(
      change: .call(
        "call the method of its type that closes or ends it, or break the cycle by hand"
      ),
      steps: [],
      reason: "its objects hold each other until then",
      frees: 0,
      isVerified: false
    )
  }

  /// The references along a cycle to weaken, or the one to break by hand where weakening would leave
  /// an object without an owner.
  ///
  /// `path` is the representative's cycle without repetitions; `search` finds those of the others.
  mutating func hint(
    forCycle path: [Hop],
    _ leaks: [Leak],
    _ instances: [Finding.Instance],
    _ search: inout CycleSearch
  ) -> Finding.Hint? {
    let remedy = Remedy.of(path, in: graph)
    if let (remedy, step) = remedy, remedy.isFirst {
      let slot = slot(of: path[step])
      let outcome = outcome(withoutSlots: [slot], instances)
      return hint(.call(remedy.call), [step], "", outcome)
    }
    var hint = hint(forOwnCycle: path, leaks, instances, &search)
    hint?.alternative = remedy?.remedy.call
    return hint
  }

  private mutating func hint(
    forOwnCycle path: [Hop],
    _ leaks: [Leak],
    _ instances: [Finding.Instance],
    _ search: inout CycleSearch
  ) -> Finding.Hint? {
    let cut = CutGraph(
      of: sample(leaks),
      in: graph,
      subtraction,
      &slots,
      scratch: &scratch
    )
    let evidence = cut.hops.map { SlotEvidence(of: $0, in: graph, subtraction) }
    let pathSlots = path.map { slot(of: $0) }
    let isUniform = Set(pathSlots).count == 1

    var candidates = evidence.indices.filter { evidence[$0].canBeWeak && evidence[$0].score >= 0 }
    candidates.sort {
      (-evidence[$0].score, name(of: cut.hops[$0][0])) < (
        -evidence[$1].score, name(of: cut.hops[$1][0])
      )
    }
    // One slot for all: nothing but it owns the objects, unless the slot says otherwise.
    if isUniform { candidates.removeAll { evidence[$0].score < Self.plainScore } }
    // Two references that plainly refer back are a better answer than one that may be the only owner
    // of its target: a delegate and a capture of self, rather than the connection that has both.
    func isPlain(_ slot: Int) -> Bool { evidence[slot].score >= Self.plainScore }
    // What a library declares, its user can't change.
    let isOwn = cut.hops.map { origin(of: $0[0], in: path) == .program }
    let own = candidates.filter { isOwn[$0] }
    let ownCut = cut.smallestCut(of: own.filter(isPlain)) ?? cut.smallestCut(of: own)
    guard
      let smallest = ownCut ?? cut.smallestCut(of: candidates.filter(isPlain))
        ?? cut.smallestCut(of: candidates) ?? mixedCut(candidates, cut, evidence)
    else {
      return breakByHand(path, cut, evidence, leaks, instances, &search)
    }

    // A change in a library alone doesn't help while the program can release something itself.
    if !smallest.contains(where: { isOwn[$0] }),
      path.contains(where: { origin(of: $0, in: path) == .program }),
      let hint = breakByHand(path, cut, evidence, leaks, instances, &search)
    {
      return hint
    }

    var outcome = self.outcome(without: smallest, of: cut, instances)
    var chosen = smallest
    if let own = authorsPart(of: smallest, cut), evidence[own[0]].score >= Self.plainScore {
      let ownOutcome = self.outcome(without: own, of: cut, instances)
      let target = graph.edges[cut.hops[own[0]][0].edgeIndex].target
      if release.isFreed(target) { (chosen, outcome) = (own, ownOutcome) }
    }
    var steps: [Int] = []
    var extraSteps: [Finding.Step] = []
    for position in chosen {
      if let step = pathSlots.firstIndex(of: cut.slots[position]) {
        steps.append(step)
      } else if let hop = cut.hops[position].first {
        extraSteps.append(Finding.Step(from: hop.from, edge: graph.edges[hop.edgeIndex]))
      }
    }
    return hint(
      .weaken,
      steps.sorted(),
      evidence[chosen[0]].reason,
      outcome,
      extraSteps: extraSteps
    )
  }

  /// Of references in several modules, those in the module of the first.
  ///
  /// A library's objects may be bound to each other for as long as someone holds a handle of it, and
  /// break up when that is released, as a subscription does. Its references aren't the author's to
  /// change. Nil where all are in one module.
  private func authorsPart(of cut: [Int], _ graph: CutGraph) -> [Int]? {
    guard let first = cut.first else { return nil }
    let module = module(of: graph.hops[first][0])
    let own = cut.filter { self.module(of: graph.hops[$0][0]) == module }
    return own.count < cut.count ? own : nil
  }

  /// Whose the place in the source is that a reference is changed in: a property's declaration, or the closure of a
  /// capture.
  private func origin(of hop: Hop, in path: [Hop]) -> CodeOrigin {
    let edge = graph.edges[hop.edgeIndex]
    let label = graph.label(of: edge)
    if label.functionAddress != 0, graph.type(of: edge.target).kind != .closureContext {
      return code.origin(ofCodeAt: label.functionAddress)
    }
    if graph.type(of: hop.from).kind == .closureContext,
      let holder = path.first(where: { graph.edges[$0.edgeIndex].target == hop.from })
    {
      let function = graph.label(of: graph.edges[holder.edgeIndex]).functionAddress
      if function != 0 { return code.origin(ofCodeAt: function) }
    }
    return code.origin(ofModule: module(of: hop))
  }

  /// Where a reference is declared; for a capture, where the captured object's class is.
  private func module(of hop: Hop) -> Substring {
    let edge = graph.edges[hop.edgeIndex]
    let label = graph.label(of: edge)
    let isCapture =
      graph.type(of: hop.from).kind == .closureContext || label.functionAddress != 0
    let type =
      isCapture || label.declaringType.isEmpty
      ? graph.type(of: isCapture ? edge.target : hop.from).name : label.declaringType
    return type.prefix { $0 != "." }
  }

  /// Releases the finding without the references of some slots.
  private mutating func outcome(
    without cut: [Int],
    of graph: CutGraph,
    _ instances: [Finding.Instance]
  ) -> Release.Outcome {
    outcome(withoutSlots: cut.map { graph.slots[$0] }, instances)
  }

  private mutating func outcome(
    withoutSlots cutSlots: [UInt32],
    _ instances: [Finding.Instance]
  ) -> Release.Outcome {
    // Taken out, not copied: releasing and numbering both change this search.
    var slots = Slots()
    swap(&slots, &self.slots)
    defer { swap(&slots, &self.slots) }
    let heap = self.graph
    return release.outcome(for: instances) { node, index in
      cutSlots.contains(slots.number(of: heap.edges[index], from: node, in: heap))
    }
  }

  /// The smallest set where references that should be weak don't suffice: some of them, and others
  /// that have to be released, such as the elements of a collection.
  private func mixedCut(
    _ candidates: [Int],
    _ cut: CutGraph,
    _ evidence: [SlotEvidence]
  ) -> [Int]? {
    let others = evidence.indices.filter { !candidates.contains($0) }.sorted {
      (-evidence[$0].score, name(of: cut.hops[$0][0]))
        < (-evidence[$1].score, name(of: cut.hops[$1][0]))
    }
    guard !candidates.isEmpty, let chosen = cut.smallestCut(of: candidates + others),
      let first = chosen.first(where: candidates.contains)
    else { return nil }
    // The reason that is reported is the first one's.
    return [first] + chosen.filter { $0 != first }
  }

  private mutating func breakByHand(
    _ path: [Hop],
    _ cut: CutGraph,
    _ evidence: [SlotEvidence],
    _ leaks: [Leak],
    _ instances: [Finding.Instance],
    _ search: inout CycleSearch
  ) -> Finding.Hint? {
    var best: (step: Int, score: Int)?
    for (step, hop) in path.enumerated() {
      guard let position = cut.slots.firstIndex(of: slot(of: hop)) else { continue }
      // What a person can set to nil: a property, else a capture, else whatever there is; the program's own first.
      var ease =
        switch graph.type(of: hop.from).kind {
        case .classInstance, .opaque: 2000
        case .closureContext: 1000
        case .collectionStorage, .box, .errorBox, .asyncTask, .cBlock, .foreign, .raw: 0
        }
      if origin(of: hop, in: path) == .program { ease += 4000 }
      let score = ease + evidence[position].score
      if let best, best.score >= score { continue }
      best = (step, score)
    }
    guard let step = best?.step else { return nil }
    let slot = slot(of: path[step])
    var cutEdges: Set<Int> = []
    for leak in leaks {
      let cycle = search.cycle(of: leak, in: graph)
      if let hop = cycle.first(where: { self.slot(of: $0) == slot }) {
        cutEdges.insert(hop.edgeIndex)
      }
    }
    let outcome = release.outcome(for: instances) { _, index in cutEdges.contains(index) }
    return hint(.breakByHand, [step], "nothing but this reference owns its target", outcome)
  }

  /// The objects among which the representative's cycles are, and those of more leaks while they are few.
  private func sample(_ leaks: [Leak]) -> [ArraySlice<NodeIndex>] {
    var sample: [ArraySlice<NodeIndex>] = []
    var size = 0
    for leak in leaks {
      let members =
        leak.kind == .retainCycle && !leak.heads.isEmpty
        ? leak.heads[...] : components.members(of: leak.component)
      size += members.count
      if !sample.isEmpty && size > Self.sampleLimit { break }
      sample.append(members)
    }
    return sample
  }

  /// Decides between equals, whatever their addresses.
  private func name(of hop: Hop) -> String {
    graph.type(of: hop.from).name + "." + graph.label(of: graph.edges[hop.edgeIndex]).name
  }

  private mutating func slot(of hop: Hop) -> UInt32 {
    slots.number(of: graph.edges[hop.edgeIndex], from: hop.from, in: graph)
  }

  private func hint(
    _ change: Finding.Hint.Change,
    _ steps: [Int],
    _ reason: String,
    _ outcome: Release.Outcome,
    extraSteps: [Finding.Step] = []
  ) -> Finding.Hint {
    Finding.Hint(
      change: change,
      steps: steps,
      reason: reason,
      frees: outcome.objects,
      isVerified: outcome.isComplete,
      extraSteps: extraSteps,
      freesInstances: outcome.instances
    )
  }
}
