package import HeapGraph

/// The way from a root to every block that one reaches: what keeps it alive.
///
/// A way along references that own comes before one along words that only look like references; of
/// those, globals come before threads, and the shortest comes first. Leaks that only stale words name
/// have a way, too: ask the findings first.
package struct RootPaths: Sendable {
  /// Where a way begins.
  package enum Start: Sendable, Equatable {
    /// Index into `HeapGraph.rootEdges`.
    case word(Int)
    /// An object that holds by itself: a static one, or one whose `deinit` runs.
    case object(NodeIndex)
  }

  package struct Path: Sendable, Equatable {
    package var start: Start
    package var steps: [Finding.Step]
  }

  private static let none = UInt32.max
  private static let isStart = UInt32.max - 1

  /// Of each node: the position in `HeapGraph.edges` of the reference that leads to it.
  private var edges: [UInt32]
  /// Of each node that `edges` says is a start: the position in `HeapGraph.rootEdges`, or `none` for
  /// an object that is a root.
  private var starts: [NodeIndex: UInt32] = [:]
  /// Of each node: equal for equal ways, whatever objects lie on them.
  private var shapes: [UInt64]

  /// Complexity: linear in blocks and references; 12 bytes for each block.
  package init(in graph: HeapGraph) {
    edges = Array(repeating: Self.none, count: graph.nodeCount)
    shapes = Array(repeating: 0, count: graph.nodeCount)
    let ownerships = graph.labels.map(\.ownership)
    /// Reached, and their owning references not followed yet.
    var near: [NodeIndex] = []
    var next = 0
    /// Followed, and their other references not.
    var far: [NodeIndex] = []
    func followOwning() {
      while next < near.count {
        let node = near[next]
        next += 1
        follow(node, in: graph, into: &near) { ownerships[$0] == .strong }
        far.append(node)
      }
    }
    func beginAtObjects() {
      for node in graph.states.indices
      where graph.states[node] == .immortal || graph.states[node] == .deiniting {
        guard edges[node] == Self.none else { continue }
        begin(NodeIndex(node), Self.none, shape: [UInt64(graph.typeIndices[node])])
        near.append(NodeIndex(node))
      }
    }
    var previous = Root.Kind.global
    for index in Self.inOrderOfMeaning(graph.rootEdges.indices, of: graph) {
      let word = graph.rootEdges[index]
      let kind = graph.roots[Int(word.root)].kind
      // A stack names much of what a global or a static object holds.
      if kind != previous {
        if previous == .global { beginAtObjects() }
        followOwning()
      }
      previous = kind
      guard edges[Int(word.target)] == Self.none else { continue }
      // Every global is a root of its own; of a thread's words one stands for all.
      let place = kind == .global ? word.address : 0
      begin(word.target, UInt32(index), shape: [UInt64(word.root), place])
      near.append(word.target)
    }
    if previous == .global { beginAtObjects() }
    followOwning()
    while !far.isEmpty {
      near = []
      next = 0
      let pending = far
      far = []
      for node in pending {
        follow(node, in: graph, into: &near) {
          ownerships[$0] == .unmanaged || ownerships[$0] == .conservative
        }
      }
      followOwning()
    }
  }

  private mutating func begin(_ node: NodeIndex, _ word: UInt32, shape: [UInt64]) {
    edges[Int(node)] = Self.isStart
    starts[node] = word
    shapes[Int(node)] = shape.reduce(0x9e37_79b9_7f4a_7c15, Self.mix)
  }

  private mutating func follow(
    _ node: NodeIndex,
    in graph: HeapGraph,
    into reached: inout [NodeIndex],
    where isFollowed: (Int) -> Bool
  ) {
    if graph.states[Int(node)] == .deinited { return }
    for index in graph.edgeRange(of: node) {
      let edge = graph.edges[index]
      guard edges[Int(edge.target)] == Self.none, isFollowed(Int(edge.label)) else { continue }
      edges[Int(edge.target)] = UInt32(index)
      // Of a list's links, however many, one remains.
      let isRepeated =
        edges[Int(node)] < Self.isStart && graph.edges[Int(edges[Int(node)])].label == edge.label
      shapes[Int(edge.target)] =
        isRepeated ? shapes[Int(node)] : Self.mix(shapes[Int(node)], UInt64(edge.label) + 1)
      reached.append(edge.target)
    }
  }

  private static func inOrderOfMeaning(_ words: Range<Int>, of graph: HeapGraph) -> [Int] {
    func rank(_ kind: Root.Kind) -> Int {
      switch kind {
      case .global: 0
      case .threadLocal: 1
      case .mapping: 2
      // Much of what a stack names is stale.
      case .threadStack: 3
      case .register: 4
      }
    }
    let ranks = graph.roots.map { rank($0.kind) }
    return words.sorted {
      (ranks[Int(graph.rootEdges[$0].root)], $0) < (ranks[Int(graph.rootEdges[$1].root)], $1)
    }
  }

  /// SplitMix64's finalizer.
  private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    var value = state &+ word &* 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  package func isReached(_ node: NodeIndex) -> Bool { edges[Int(node)] != Self.none }

  /// A number that is equal for blocks that are held in the same way.
  package func shape(of node: NodeIndex) -> UInt64 { shapes[Int(node)] }

  /// The way to a node; nil where no root reaches it.
  package func path(to node: NodeIndex, in graph: HeapGraph) -> Path? {
    var steps: [Finding.Step] = []
    var node = node
    while true {
      let index = edges[Int(node)]
      if index == Self.none { return nil }
      if index == Self.isStart {
        let word = starts[node] ?? Self.none
        return Path(
          start: word == Self.none ? .object(node) : .word(Int(word)),
          steps: steps.reversed()
        )
      }
      let from = graph.source(ofEdgeAt: Int(index))
      steps.append(Finding.Step(from: from, edge: graph.edges[Int(index)]))
      node = from
    }
  }
}

extension HeapGraph {
  /// The block that a reference leaves.
  ///
  /// Complexity: O(log n) in the number of blocks.
  func source(ofEdgeAt index: Int) -> NodeIndex {
    NodeIndex((0..<nodeCount).partitioningIndex { Int(edgeStarts[$0 + 1]) > index })
  }
}
