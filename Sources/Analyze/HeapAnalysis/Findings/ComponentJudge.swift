import HeapGraph

/// Says whether a component that no root reaches is leaked, as what, and how sure that is.
///
/// The strong count of each member, a task's own reference left out, decides:
///
/// | count | |
/// | --- | --- |
/// | strong ≤ exact | nothing outside can own it |
/// | exact < strong ≤ possible | words of memory without types explain it, or a Swift frame owns it |
/// | strong > possible | it was retained too often, or a Swift frame owns it |
///
/// A Swift frame on a stack can own an object without a word: the optimizer drops pointers, never counts. More words than
/// counts aren't a doubt.
struct ComponentJudge {
  /// How a component is reached from leaks that hold it.
  struct Reach: OptionSet {
    let rawValue: UInt8

    static let byLeak = Reach(rawValue: 1)
    static let byTask = Reach(rawValue: 2)
    /// Along typed references all the way: a word may be stale.
    static let byReference = Reach(rawValue: 4)
    /// A leak refers to a task of it, and can cancel or resume it.
    static let byHandle = Reach(rawValue: 8)
  }

  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  /// Of each component: the tasks in it that wait, as positions in `HeapGraph.tasks`.
  private let waitingTasks: [UInt32: [Int]]
  /// What a count that isn't explained by typed references leaves open.
  private let outsideDoubts: Leak.Doubts
  /// Of each type.
  private let isToolchainClass: [Bool]

  init(of index: HeapIndex) {
    graph = index.graph
    subtraction = index.subtraction
    components = index.components
    var waiting: [UInt32: [Int]] = [:]
    for (number, task) in graph.tasks.enumerated() where task.isWaiting {
      let component = components.numbers[Int(task.node)]
      if component != Components.none { waiting[component, default: []].append(number) }
    }
    waitingTasks = waiting
    var doubts: Leak.Doubts = []
    if index.framesOwnWithoutWords { doubts.insert(.swiftFrame) }
    if !graph.hiddenHolders.isEmpty { doubts.insert(.hiddenHolder) }
    outsideDoubts = doubts
    isToolchainClass = graph.types.map { $0.kind == .classInstance && $0.isOfToolchain }
  }

  /// The leaks of a component: none where it is only held by another one, several where several tasks of it wait for
  /// something that no other task brings.
  ///
  /// - Parameters:
  ///   - component: its number.
  ///   - reach: how leaks hold it.
  ///   - inherited: what is open of those leaks.
  /// - Returns: the leaks, most often none or one.
  func leaks(
    of component: UInt32,
    _ reach: Reach,
    inheriting inherited: Leak.Doubts
  ) -> [Leak] {
    let members = components.members(of: component)
    guard let first = members.first else { return [] }
    let isHeld = reach.contains(.byLeak)
    if subtraction.roles[Int(first)] == .garbage {
      return components.isCyclic(component, in: graph, subtraction)
        ? [leak(.retainCycle, component, doubts: isHeld ? .heldByLeak : [])] : []
    }
    if members.count == 1 && subtraction.roles[Int(first)] == .strandedRaw { return [] }

    if let tasks = waitingTasks[component], isCause(component, reach) {
      let stuck = stuckTasks(tasks, component, isHeld: reach.contains(.byReference))
      return stuck + cycle(in: component, beside: stuck)
    }
    let held = members.filter {
      subtraction.roles[Int($0)] == .stranded && subtraction.external($0) > 0
    }
    let overRetained = held.filter(subtraction.isOverRetained)
    // A frame of a task may own an object more often than it names it.
    if !overRetained.isEmpty, !reach.contains(.byTask) {
      return [leak(.unbalancedRetain, component, overRetained, doubts: outsideDoubts)]
    }
    if !isHeld {
      let heads = owners(behindBlocks: held)
      return held.isEmpty
        ? [] : [leak(.unreachable, component, heads, doubts: outsideDoubts.union(.untypedWords))]
    }
    // To fix what holds a cycle doesn't free it.
    let ring = StrongRing(of: members, in: graph, subtraction).members
    return ring.isEmpty
      ? [] : [leak(.retainCycle, component, ring, doubts: inherited.union(.heldByLeak))]
  }

  /// The objects with C blocks replaced by what their closures hold of the same component: a block says nothing to its
  /// author.
  private func owners(behindBlocks held: [NodeIndex]) -> [NodeIndex] {
    var seen: Set<NodeIndex> = []
    return held.flatMap { node -> [NodeIndex] in
      guard graph.type(of: node).kind == .cBlock else { return [node] }
      let behind = graph.edges(of: node).filter {
        subtraction.ownerships[Int($0.label)] == .strong
          && components.numbers[Int($0.target)] == components.numbers[Int(node)]
      }.map(\.target)
      return behind.isEmpty ? [node] : behind
    }.filter { seen.insert($0).inserted }
  }

  /// Whether tasks of a component are the cause of a leak, and not only held by another one.
  ///
  /// What has a handle of a task can cancel it: its `deinit` may do so once its own leak is fixed. Where a leak holds only
  /// what the task works with, such as its stream, the task goes on waiting.
  private func isCause(_ component: UInt32, _ reach: Reach) -> Bool {
    !reach.contains(.byHandle)
  }

  private func stuckTasks(_ tasks: [Int], _ component: UInt32, isHeld: Bool) -> [Leak] {
    var doubts: Leak.Doubts =
      graph.hiddenHolders.isEmpty ? .noResumer : [.noResumer, .hiddenHolder]
    if isHeld { doubts.insert(.heldByLeak) }
    // One that waits for another task is a consequence.
    var causes = tasks.filter { number in
      !graph.tasks[number].waitsFor.contains { graph.tasks[$0].isWaiting }
    }
    // Tasks that wait for each other: the oldest stands for them.
    if causes.isEmpty, let oldest = tasks.min(by: { birth(of: $0) < birth(of: $1) }) {
      causes = [oldest]
    }
    // Once for all: a component may have thousands of waiting tasks.
    let former = formerOfTasks(among: components.members(of: component))
    return causes.map { number in
      let node = graph.tasks[number].node
      return Leak(
        kind: .stuckTask,
        component: component,
        heads: [node],
        task: number,
        birth: graph.births[Int(node)],
        doubts: doubts,
        former: former
      )
    }
  }

  /// The cycle that remains when the waiting tasks of a component have ended, and released what they hold.
  private func cycle(in component: UInt32, beside tasks: [Leak]) -> [Leak] {
    let others = components.members(of: component).filter { node in
      guard graph.taskNumbers[node] == nil, graph.taskMemory[node] == nil else { return false }
      // What tasks wait with, such as a stream, lets go of its handlers when the wait ends.
      return !isToolchainClass[Int(graph.typeIndices[Int(node)])]
    }
    let ring = StrongRing(of: others[...], in: graph, subtraction).members
    if ring.isEmpty { return [] }
    var cycle = leak(.retainCycle, component, ring, doubts: .heldByLeak)
    // What both hold belongs to the older leak: the task.
    cycle.birth = tasks.reduce(cycle.birth) { max($0, $1.birth) }
    return [cycle]
  }

  private func birth(of task: Int) -> (UInt32, UInt64) {
    (graph.births[Int(graph.tasks[task].node)], graph.tasks[task].address)
  }

  private func leak(
    _ kind: FindingKind,
    _ component: UInt32,
    _ heads: [NodeIndex] = [],
    doubts: Leak.Doubts
  ) -> Leak {
    let members = components.members(of: component)
    let core = heads.isEmpty ? members : heads[...]
    return Leak(
      kind: kind,
      component: component,
      heads: heads.sorted(),
      birth: core.reduce(UInt32.max) { min($0, graph.births[Int($1)]) },
      doubts: doubts,
      former: former(of: kind, heads, among: members)
    )
  }

  /// What version 0.1 called a leak: it found no cycle that another leak holds.
  private func former(
    of kind: FindingKind,
    _ heads: [NodeIndex],
    among members: ArraySlice<NodeIndex>
  ) -> Leak.Former? {
    guard kind == .retainCycle else { return Leak.Former(kind: kind, heads: heads) }
    guard heads.isEmpty else { return nil }
    // It saw raw memory where there are C blocks: nothing explained the counts of what they hold.
    let held = owners(behindBlocks: members.filter { graph.type(of: $0).kind == .cBlock })
      .filter { graph.type(of: $0).kind != .cBlock }
    return held.isEmpty
      ? Leak.Former(kind: kind, heads: []) : Leak.Former(kind: .unreachable, heads: held.sorted())
  }

  /// What version 0.1 called a leak with waiting tasks: it knew nothing of a task's own reference, and took what held a
  /// stream for the leak of which the task is a part.
  private func formerOfTasks(among members: ArraySlice<NodeIndex>) -> Leak.Former {
    let held = members.filter { node in
      subtraction.roles[Int(node)] == .stranded
        && graph.strongCounts[Int(node)] > subtraction.exact[Int(node)]
    }
    let tasks = held.filter { graph.type(of: $0).kind == .asyncTask }
    return Leak.Former(
      kind: tasks.isEmpty ? .unreachable : .stuckTask,
      heads: tasks.isEmpty ? held : tasks
    )
  }
}

/// Those of some objects that lie on cycles of strong references among them, or between such cycles.
private struct StrongRing {
  private(set) var members: [NodeIndex] = []

  /// Linear in their references.
  init(
    of nodes: ArraySlice<NodeIndex>,
    in graph: HeapGraph,
    _ subtraction: Subtraction
  ) {
    let all = Set(nodes)
    func forEachStrong(from node: NodeIndex, _ body: (NodeIndex) -> Void) {
      for edge in graph.edges(of: node)
      where subtraction.ownerships[Int(edge.label)] == .strong
        && all.contains(edge.target)
      {
        body(edge.target)
      }
    }
    var holders: [NodeIndex: Int] = [:]
    for node in nodes { forEachStrong(from: node) { holders[$0, default: 0] += 1 } }
    var pending = nodes.filter { holders[$0] == nil }
    var isFree = Set(pending)
    while let node = pending.popLast() {
      forEachStrong(from: node) { target in
        holders[target, default: 0] -= 1
        if holders[target] == 0, isFree.insert(target).inserted { pending.append(target) }
      }
    }
    if isFree.count == nodes.count { return }
    // What a cycle only retains isn't part of it.
    var leading: [NodeIndex: Int] = [:]
    var sources: [NodeIndex: [NodeIndex]] = [:]
    for node in nodes where !isFree.contains(node) {
      forEachStrong(from: node) { target in
        guard !isFree.contains(target) else { return }
        leading[node, default: 0] += 1
        sources[target, default: []].append(node)
      }
    }
    var ends = nodes.filter { !isFree.contains($0) && leading[$0] == nil }
    while let node = ends.popLast() {
      isFree.insert(node)
      for source in sources[node] ?? [] {
        leading[source, default: 0] -= 1
        if leading[source] == 0 { ends.append(source) }
      }
    }
    members = nodes.filter { !isFree.contains($0) }
  }
}
