import HeapGraph

/// Every leak of a heap, and which blocks each of them keeps alive.
struct Leaks {
  static let none = UInt32.max

  /// The oldest first.
  private(set) var all: [Leak] = []
  /// Of each component: the leak that keeps it, or `none`.
  private(set) var owners: [UInt32]
  /// Of each node that no root reaches: how many references hold it.
  private(set) var holders: [UInt32]

  private let components: Components
  /// Heads of the leaks that share a component with an older one.
  private var secondHeads: [NodeIndex: UInt32] = [:]

  init(of index: HeapIndex) {
    let (graph, subtraction) = (index.graph, index.subtraction)
    components = index.components
    owners = Array(repeating: Self.none, count: components.count)
    holders = Array(repeating: 0, count: graph.nodeCount)
    find(of: index)
    all.sort { ($0.birth, $0.component) < ($1.birth, $1.component) }
    assignOwners(in: graph, subtraction)
    for node in subtraction.negative {
      if let leak = owner(of: node) { all[Int(leak)].doubts.insert(.negativeCount) }
    }
    markUnfinished(in: graph)
  }

  private mutating func markUnfinished(in graph: HeapGraph) {
    if graph.unfinishedTypes.isEmpty { return }
    let isUnfinished = graph.types.map { type in
      type.kind == .classInstance
        && graph.unfinishedTypes.contains(
          String(type.name.prefix { $0 != "<" }.drop { $0 != "." }.dropFirst())
        )
    }
    for node in 0..<NodeIndex(graph.nodeCount)
    where isUnfinished[Int(graph.typeIndices[Int(node)])] {
      if let leak = owner(of: node) { all[Int(leak)].doubts.insert(.unfinished) }
    }
  }

  /// The leak that a node is a part of.
  func owner(of node: NodeIndex) -> UInt32? {
    if !secondHeads.isEmpty, let leak = secondHeads[node] { return leak }
    let component = components.numbers[Int(node)]
    guard component != Components.none, owners[Int(component)] != Self.none else { return nil }
    return owners[Int(component)]
  }

  func core(of leak: Leak) -> [NodeIndex] {
    leak.heads.isEmpty ? components.members(of: leak.component).sorted() : leak.heads
  }

  // MARK: Finding

  private mutating func find(of index: HeapIndex) {
    let (graph, subtraction) = (index.graph, index.subtraction)
    let judge = ComponentJudge(of: index)
    var reached: [ComponentJudge.Reach] = Array(repeating: [], count: components.count)
    // A leak isn't surer than one that holds it.
    var inherited: [Leak.Doubts] = Array(repeating: [], count: components.count)
    // From the holders to what they hold.
    for component in (0..<UInt32(components.count)).reversed() {
      var reach = reached[Int(component)]
      var doubts = inherited[Int(component)]
      let leaks = judge.leaks(of: component, reach, inheriting: doubts)
      all += leaks
      for leak in leaks { doubts.formUnion(leak.doubts.intersection(.open)) }
      if let first = leaks.first {
        reach.formUnion([.byLeak, .byReference])
        if first.kind == .stuckTask { reach.insert(.byTask) }
      }
      let passedOn = reach.subtracting(.byHandle)
      for node in components.members(of: component) {
        for index in graph.edgeRange(of: node) {
          let edge = graph.edges[index]
          guard subtraction.holds(edge, from: node) else { continue }
          holders[Int(edge.target)] &+= 1
          let target = Int(components.numbers[Int(edge.target)])
          if target == Int(component) { continue }
          let isTyped = subtraction.ownerships[Int(edge.label)] == .strong
          inherited[target].formUnion(doubts)
          reached[target].formUnion(isTyped ? passedOn : passedOn.subtracting(.byReference))
          if isTyped, reach.contains(.byLeak), graph.taskNumbers[edge.target] != nil {
            reached[target].insert(.byHandle)
          }
        }
      }
    }
  }

  // MARK: Owning

  /// Breaks one leak after the other, and sees what is freed.
  ///
  /// What several leaks hold together is freed with the last of them and belongs to the oldest.
  private mutating func assignOwners(in graph: HeapGraph, _ subtraction: Subtraction) {
    let components = components
    var owners = owners
    var holds: [UInt32] = Array(repeating: 0, count: components.count)
    for component in 0..<UInt32(components.count) {
      components.forEachHeld(by: component, in: graph, subtraction) { holds[Int($0)] &+= 1 }
    }
    var isLeak = Array(repeating: false, count: components.count)
    for leak in all { isLeak[Int(leak.component)] = true }
    var isTouched = isLeak
    var isShared = Array(repeating: false, count: components.count)
    var pending: [UInt32] = []

    func free() {
      while let component = pending.popLast() {
        let owner = owners[Int(component)]
        components.forEachHeld(by: component, in: graph, subtraction) { held in
          let held = Int(held)
          holds[held] -= 1
          if isLeak[held] { return }
          isShared[held] =
            isShared[held] || isShared[Int(component)] || (isTouched[held] && owners[held] != owner)
          isTouched[held] = true
          owners[held] = min(owners[held], owner)
          if holds[held] == 0 { pending.append(UInt32(held)) }
        }
      }
    }

    for (index, leak) in all.enumerated() {
      // Of several in one component, the oldest keeps what they hold together.
      guard owners[Int(leak.component)] == Self.none else {
        for head in leak.heads { secondHeads[head] = UInt32(index) }
        continue
      }
      owners[Int(leak.component)] = UInt32(index)
      pending.append(leak.component)
      free()
    }
    // Raw memory that nothing holds can hold something together with a leak.
    for component in 0..<UInt32(components.count)
    where holds[Int(component)] == 0 && !isTouched[Int(component)] {
      isTouched[Int(component)] = true
      pending.append(component)
      free()
    }
    for component in 0..<components.count
    where isShared[component] && owners[component] != Self.none {
      all[Int(owners[component])].doubts.insert(.sharedMembers)
    }
    self.owners = owners
  }
}
