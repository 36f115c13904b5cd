import HeapGraph

/// One cause of leaked memory, before leaks of the same shape are gathered into a finding.
struct Leak {
  /// What else has to be said about a leak.
  struct Doubts: OptionSet {
    let rawValue: UInt16

    static let negativeCount = Doubts(rawValue: 1)
    static let swiftFrame = Doubts(rawValue: 2)
    static let untypedHolder = Doubts(rawValue: 4)
    static let unknownResumer = Doubts(rawValue: 8)
    static let sharedMembers = Doubts(rawValue: 16)
    static let untypedWords = Doubts(rawValue: 32)
    static let noResumer = Doubts(rawValue: 64)
    static let heldByLeak = Doubts(rawValue: 128)

    static let unfinished = Doubts(rawValue: 256)

    /// Those that leave something open.
    static let open: Doubts = [.negativeCount, .swiftFrame, .untypedHolder, .unknownResumer]
    /// Those that were looked into: what they are about was read as words, not as types.
    static let settled: Doubts = [.untypedWords, .noResumer, .unfinished]

    var sentences: [String] {
      var sentences: [String] = []
      if contains(.negativeCount) {
        sentences.append(
          "A member's strong count is smaller than the references found to it: a layout was misread."
        )
      }
      if contains(.swiftFrame) {
        sentences.append(
          "Swift code is still on a stack: the optimiser may own the object without keeping a word."
        )
      }
      if contains(.untypedHolder) {
        sentences.append("The object is held by memory that no type describes.")
      }
      if contains(.untypedWords) {
        sentences.append(
          "Words of memory that no type describes explain the count: as many as there are references."
        )
      }
      if contains(.unknownResumer) {
        sentences.append(
          "What could resume the task can't be told for certain: the kernel's rings can't be read."
        )
      }
      if contains(.noResumer) {
        sentences.append(
          "No word of the program's memory names the task, or anything that could resume it."
        )
      }
      if contains(.unfinished) {
        sentences.append(
          "An init or deinit of a member's type was on a stack: one of the objects may be half made."
        )
      }
      if contains(.heldByLeak) {
        sentences.append("Another leak holds it: fix that one first, it may let go of this one.")
      }
      if contains(.sharedMembers) {
        sentences.append("Several of the leaks hold some of the objects together.")
      }
      return sentences
    }
  }

  let kind: FindingKind
  let component: UInt32
  /// The objects whose own count keeps the component alive, in order of address; empty for a cycle:
  /// all its members.
  let heads: [NodeIndex]
  /// Of the oldest member of the core.
  let birth: UInt32
  var doubts: Doubts

  /// Whether a member of the component is the leak's cause, or only held by it.
  func isCore(_ node: NodeIndex) -> Bool {
    if heads.isEmpty { return true }
    var low = 0
    var high = heads.count
    while low < high {
      let middle = (low + high) / 2
      if heads[middle] < node { low = middle + 1 } else { high = middle }
    }
    return low < heads.count && heads[low] == node
  }
}

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

  init(in graph: HeapGraph, _ subtraction: Subtraction, _ components: Components) {
    self.components = components
    owners = Array(repeating: Self.none, count: components.count)
    holders = Array(repeating: 0, count: graph.nodeCount)
    find(in: graph, subtraction)
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
    let component = components.numbers[Int(node)]
    guard component != Components.none, owners[Int(component)] != Self.none else { return nil }
    return owners[Int(component)]
  }

  func core(of leak: Leak) -> [NodeIndex] {
    leak.heads.isEmpty ? components.members(of: leak.component).sorted() : leak.heads
  }

  // MARK: Finding

  /// How a component is reached from leaks that hold it.
  private struct Reach: OptionSet {
    let rawValue: UInt8

    static let byLeak = Reach(rawValue: 1)
    static let byTask = Reach(rawValue: 2)
  }

  private mutating func find(in graph: HeapGraph, _ subtraction: Subtraction) {
    let hasSwiftFrame = graph.threads.contains { $0.hasSwiftFrame }
    var reached: [Reach] = Array(repeating: [], count: components.count)
    // From the holders to what they hold.
    for component in (0..<UInt32(components.count)).reversed() {
      var reach = reached[Int(component)]
      if let leak = leak(
        component,
        reach,
        hasSwiftFrame: hasSwiftFrame,
        in: graph,
        subtraction
      ) {
        all.append(leak)
        reach.insert(.byLeak)
        if leak.kind == .stuckTask { reach.insert(.byTask) }
      }
      for node in components.members(of: component) {
        for index in graph.edgeRange(of: node) {
          let edge = graph.edges[index]
          guard subtraction.holds(edge, from: node) else { continue }
          holders[Int(edge.target)] &+= 1
          reached[Int(components.numbers[Int(edge.target)])].formUnion(reach)
        }
      }
    }
  }

  private func leak(
    _ component: UInt32,
    _ reach: Reach,
    hasSwiftFrame: Bool,
    in graph: HeapGraph,
    _ subtraction: Subtraction
  ) -> Leak? {
    let members = components.members(of: component)
    guard let first = members.first else { return nil }
    func make(_ kind: FindingKind, _ heads: [NodeIndex], _ doubts: Leak.Doubts) -> Leak {
      let core = heads.isEmpty ? members : heads[...]
      let birth = core.reduce(UInt32.max) { min($0, graph.births[Int($1)]) }
      return Leak(
        kind: kind,
        component: component,
        heads: heads.sorted(),
        birth: birth,
        doubts: doubts
      )
    }
    let isHeldByLeak = reach.contains(.byLeak)
    if subtraction.roles[Int(first)] == .garbage {
      return components.isCyclic(component, in: graph, subtraction)
        ? make(.retainCycle, [], isHeldByLeak ? .heldByLeak : []) : nil
    }
    if members.count == 1 && subtraction.roles[Int(first)] == .strandedRaw { return nil }

    let held = members.filter {
      subtraction.roles[Int($0)] == .stranded && subtraction.external($0, in: graph) > 0
    }
    // More owners than there are words that could be one of them.
    func isOverRetained(_ node: NodeIndex) -> Bool {
      graph.strongCounts[Int(node)] > subtraction.possible[Int(node)]
    }
    let overRetained = held.filter(isOverRetained)
    let tasks = held.filter { graph.type(of: $0).kind == .asyncTask }
    let isHead = !isHeldByLeak
    if !tasks.isEmpty, isHead || tasks.contains(where: isOverRetained) {
      return make(.stuckTask, tasks, graph.hiddenHolders.isEmpty ? .noResumer : .unknownResumer)
    }
    // A frame may own an object more often than it names it.
    if !overRetained.isEmpty, !reach.contains(.byTask) {
      return make(.unbalancedRetain, overRetained, hasSwiftFrame ? .swiftFrame : [])
    }
    guard isHead, !held.isEmpty else { return nil }
    // Every reference has its word, and none is left over that a frame could own without one.
    let isExplained =
      !hasSwiftFrame
      && held.allSatisfy { graph.strongCounts[Int($0)] == subtraction.possible[Int($0)] }
    return make(.unreachable, Array(held), isExplained ? .untypedWords : .untypedHolder)
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
