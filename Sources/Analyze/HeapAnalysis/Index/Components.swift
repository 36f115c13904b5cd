import HeapGraph

/// The unreachable part of the heap, grouped into blocks that hold one another.
///
/// Strongly connected components, by Tarjan ("Depth-first search and linear graph algorithms", 1972),
/// with a stack of its own: a chain may be millions of blocks long. A component has a greater number
/// than the components that it holds. Linear in blocks and references.
struct Components {
  static let none = UInt32.max

  /// Of each node: its component, or `none` where a root reaches it.
  private(set) var numbers: [UInt32]
  /// The members of component `c` are `members[starts[c]..<starts[c + 1]]`.
  private(set) var members: [NodeIndex] = []
  private(set) var starts: [UInt32] = [0]

  var count: Int { starts.count - 1 }

  func members(of component: UInt32) -> ArraySlice<NodeIndex> {
    members[Int(starts[Int(component)])..<Int(starts[Int(component) + 1])]
  }

  init(of graph: HeapGraph, _ subtraction: Subtraction) {
    numbers = Array(repeating: Self.none, count: graph.nodeCount)
    // When a node was first seen, from 1, and the earliest seen node that it leads back to.
    var order: [UInt32] = Array(repeating: 0, count: graph.nodeCount)
    var low = order
    var seen: UInt32 = 0
    var waiting: [NodeIndex] = []
    var path: [(node: NodeIndex, next: UInt32)] = []

    func visit(_ node: NodeIndex) {
      seen += 1
      order[Int(node)] = seen
      low[Int(node)] = seen
      waiting.append(node)
      path.append((node, graph.edgeStarts[Int(node)]))
    }

    for start in 0..<NodeIndex(graph.nodeCount) where order[Int(start)] == 0 {
      switch subtraction.roles[Int(start)] {
      case .reachable, .gone: continue
      case .garbage, .stranded, .strandedRaw: visit(start)
      }
      while let (node, next) = path.last {
        if next < graph.edgeStarts[Int(node) + 1] {
          path[path.count - 1].next += 1
          let edge = graph.edges[Int(next)]
          guard subtraction.holds(edge, from: node) else { continue }
          let target = Int(edge.target)
          if order[target] == 0 {
            visit(edge.target)
          } else if numbers[target] == Self.none {
            low[Int(node)] = min(low[Int(node)], order[target])
          }
          continue
        }
        path.removeLast()
        if let parent = path.last?.node {
          low[Int(parent)] = min(low[Int(parent)], low[Int(node)])
        }
        if low[Int(node)] == order[Int(node)] { finish(at: node, &waiting) }
      }
    }
  }

  private mutating func finish(at first: NodeIndex, _ waiting: inout [NodeIndex]) {
    let number = UInt32(count)
    while let member = waiting.popLast() {
      numbers[Int(member)] = number
      members.append(member)
      if member == first { break }
    }
    starts.append(UInt32(members.count))
  }

  /// Whether a component's members hold one another, or its one member itself.
  func isCyclic(_ component: UInt32, in graph: HeapGraph, _ subtraction: Subtraction) -> Bool {
    let members = members(of: component)
    guard members.count == 1, let member = members.first else { return true }
    return graph.edges(of: member)
      .contains { $0.target == member && subtraction.holds($0, from: member) }
  }

  /// Calls `body` with the component at the other end of each reference that holds another one.
  func forEachHeld(
    by component: UInt32,
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ body: (_ component: UInt32) -> Void
  ) {
    for node in members(of: component) {
      for index in graph.edgeRange(of: node) {
        let edge = graph.edges[index]
        let target = numbers[Int(edge.target)]
        if target != component && subtraction.holds(edge, from: node) { body(target) }
      }
    }
  }
}
