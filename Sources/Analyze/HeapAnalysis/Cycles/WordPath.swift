import HeapGraph

/// The references along which a component keeps itself, words without types included: what no count proves, and a person
/// can still follow.
///
/// It leads from an object of the program's own, if there is one, back to it, and along typed references where it can.
/// Linear in the component's references, but for a heap.
struct WordPath {
  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  private let names: StableNames
  private let code: CodeNames

  init(
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components,
    _ names: StableNames,
    _ code: CodeNames
  ) {
    self.graph = graph
    self.subtraction = subtraction
    self.components = components
    self.names = names
    self.code = code
  }

  /// From an object of a component back to it, and through a task where one is given; nothing where no object of a class
  /// lies on a cycle.
  func cycle(in component: UInt32, through task: NodeIndex? = nil) -> [Hop] {
    guard let middle = task ?? object(in: component) else { return [] }
    let there = Search(from: middle, in: self)
    let start = task == nil ? middle : nearestObject(to: there)
    guard let start else { return [] }
    if start == middle { return there.closing }
    return Search(from: start, in: self).hops(to: middle) + there.hops(to: start)
  }

  /// The object of a class that its author would look for: the program's own first, then the rarest name.
  func object(in component: UInt32) -> NodeIndex? {
    components.members(of: component).filter(isClassInstance).min { rank($0) < rank($1) }
  }

  func rank(_ node: NodeIndex) -> (Int, UInt64, UInt32) {
    let type = graph.type(of: node)
    let kind = type.kind == .classInstance ? 0 : 10
    return (
      kind + code.origin(of: type).rawValue, names.type(of: node, in: graph),
      graph.births[Int(node)]
    )
  }

  private func isClassInstance(_ node: NodeIndex) -> Bool {
    graph.type(of: node).kind == .classInstance
  }

  private func nearestObject(to search: Search) -> NodeIndex? {
    search.costs.filter { isClassInstance($0.key) && $0.value > 0 }.min { left, right in
      let leftOrigin = code.origin(of: graph.type(of: left.key))
      let rightOrigin = code.origin(of: graph.type(of: right.key))
      if leftOrigin != rightOrigin { return leftOrigin < rightOrigin }
      return left.value == right.value ? rank(left.key) < rank(right.key) : left.value < right.value
    }?.key
  }

  /// Dijkstra's shortest paths from one member of a component to the others.
  private struct Search {
    private(set) var costs: [NodeIndex: Int] = [:]
    private var arrivals: [NodeIndex: Hop] = [:]
    /// The cheapest way from the start back to it.
    private(set) var closing: [Hop] = []

    private let start: NodeIndex
    private let graph: HeapGraph

    init(from start: NodeIndex, in path: WordPath) {
      self.start = start
      let graph = path.graph
      self.graph = graph
      let component = path.components.numbers[Int(start)]
      var closingCost = Int.max
      var closingHop: Hop?
      // Costs are small numbers: a list of nodes for each.
      var waiting: [[NodeIndex]] = [[start]]
      costs[start] = 0
      var cost = 0
      while cost < waiting.count {
        let nodes = waiting[cost].filter { costs[$0] == cost }
          .sorted { (graph.births[Int($0)], $0) < (graph.births[Int($1)], $1) }
        waiting[cost] = []
        for node in nodes {
          for index in graph.edgeRange(of: node) {
            let edge = graph.edges[index]
            guard path.components.numbers[Int(edge.target)] == component,
              path.subtraction.holds(edge, from: node)
            else { continue }
            let total = cost + Self.cost(of: path.subtraction.ownerships[Int(edge.label)])
            let hop = Hop(from: node, edgeIndex: index)
            if edge.target == start {
              if total < closingCost, node != start {
                closingCost = total
                closingHop = hop
              }
              continue
            }
            if let known = costs[edge.target], known <= total { continue }
            costs[edge.target] = total
            arrivals[edge.target] = hop
            while waiting.count <= total { waiting.append([]) }
            waiting[total].append(edge.target)
          }
        }
        cost += 1
      }
      if let closingHop { closing = hops(to: closingHop.from) + [closingHop] }
    }

    /// A word that only looks like a reference is worth a detour along three that are.
    private static func cost(of ownership: Ownership) -> Int {
      switch ownership {
      case .strong: 1
      case .unmanaged: 2
      case .conservative: 4
      case .weak, .unowned: 100
      }
    }

    /// The way from the start to a node that was reached.
    func hops(to node: NodeIndex) -> [Hop] {
      var hops: [Hop] = []
      var node = node
      while node != start, let hop = arrivals[node] {
        hops.append(hop)
        node = hop.from
      }
      return hops.reversed()
    }
  }
}
