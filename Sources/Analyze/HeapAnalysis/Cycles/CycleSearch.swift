import HeapGraph

/// One reference of a path: the block that it leaves, and its position in `HeapGraph.edges`.
struct Hop: Equatable {
  var from: NodeIndex
  private var index: UInt32

  init(from: NodeIndex, edgeIndex: Int) {
    self.from = from
    index = UInt32(edgeIndex)
  }

  var edgeIndex: Int { Int(index) }
}

/// Finds the cycle that stands for a component: a shortest one through an object of its rarest class.
///
/// The choice depends on types, names and shape only, never on addresses, so that the same leak has
/// the same cycle in every run. Linear in the component's references, but for sorting.
struct CycleSearch {
  /// How many objects of the rarest class are tried.
  private static let triedStarts = 8
  /// Greater components try one only.
  private static let greatComponent = 10_000

  private let graph: HeapGraph
  private let subtraction: Subtraction
  private let components: Components
  private let names: StableNames
  /// Of each node: the last search that saw it.
  private var seen: [UInt32]
  private var search: UInt32 = 0
  /// Of each type: how many members of the present component have it.
  private var memberCounts: [UInt32]

  init(
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components,
    _ names: StableNames
  ) {
    self.graph = graph
    self.subtraction = subtraction
    self.components = components
    self.names = names
    seen = Array(repeating: 0, count: graph.nodeCount)
    memberCounts = Array(repeating: 0, count: graph.types.count)
  }

  /// The cycle that stands for a component, or nothing where strong references form none.
  mutating func cycle(in component: UInt32) -> [Hop] {
    var best: (hops: [Hop], keys: [UInt64])?
    let isGreat = components.members(of: component).count > Self.greatComponent
    for start in starts(in: component).prefix(isGreat ? 1 : Self.triedStarts) {
      guard let found = shortestCycle(through: start, limit: best?.hops.count) else { continue }
      if let best, found.hops.count >= best.hops.count,
        !found.keys.lexicographicallyPrecedes(best.keys)
      {
        continue
      }
      best = found
    }
    return best?.hops ?? []
  }

  /// A shortest cycle of strong references through an object, or nothing where there is none.
  ///
  /// - Parameters:
  ///   - start: the object.
  ///   - members: what the cycle may lead through, in order of address; nil for all of the component.
  /// - Returns: its references, from the object on.
  mutating func cycle(through start: NodeIndex, among members: [NodeIndex]? = nil) -> [Hop] {
    shortestCycle(through: start, among: members, limit: nil)?.hops ?? []
  }

  /// The cycle that stands for a leak.
  mutating func cycle(of leak: Leak, in graph: HeapGraph) -> [Hop] {
    graph.oldest(leak.heads).map { cycle(through: $0, among: leak.heads) }
      ?? cycle(in: leak.component)
  }

  /// The oldest objects of the rarest class; of another kind where no member is of the program's own.
  private mutating func starts(in component: UInt32) -> [NodeIndex] {
    let members = components.members(of: component)
    for member in members { memberCounts[Int(graph.typeIndices[Int(member)])] += 1 }
    defer { for member in members { memberCounts[Int(graph.typeIndices[Int(member)])] = 0 } }

    var rarest: (type: UInt32, rank: (UInt8, UInt32, UInt64))?
    for member in members {
      let type = graph.typeIndices[Int(member)]
      if type == rarest?.type { continue }
      let rank = (
        Self.rank(graph.types[Int(type)]), memberCounts[Int(type)],
        names.type(of: member, in: graph)
      )
      if let rarest, rarest.rank <= rank { continue }
      rarest = (type, rank)
    }
    var starts: [NodeIndex] = []
    for member in members where graph.typeIndices[Int(member)] == rarest?.type {
      // Kept in order of birth, and short.
      let birth = graph.births[Int(member)]
      if starts.count == Self.triedStarts {
        guard let last = starts.last, birth < graph.births[Int(last)] else { continue }
        starts.removeLast()
      }
      let position = starts.firstIndex { graph.births[Int($0)] > birth } ?? starts.count
      starts.insert(member, at: position)
    }
    return starts
  }

  /// The program's own classes first: they are what its author knows, and can change.
  private static func rank(_ type: HeapType) -> UInt8 {
    switch type.kind {
    case .classInstance: type.isOfToolchain ? 2 : 0
    case .closureContext, .asyncTask: 1
    case .box, .errorBox, .foreign, .opaque: 3
    case .collectionStorage, .cBlock, .raw: 4
    }
  }

  private struct Visit {
    var key: UInt64
    var node: NodeIndex
    var birth: UInt32
    var edgeIndex: UInt32
    /// Position of the visit before; the first is its own.
    var parent: UInt32
    /// Equal for visits that names alone can't tell apart.
    var rank: UInt32

    static func precedes(_ left: Visit, _ right: Visit) -> Bool {
      (left.rank, left.key, left.birth, left.node)
        < (right.rank, right.key, right.birth, right.node)
    }
  }

  /// Breadth first, each layer in order of the names that lead to it: so the first way back is the
  /// smallest of the shortest.
  private mutating func shortestCycle(
    through start: NodeIndex,
    among members: [NodeIndex]? = nil,
    limit: Int?
  ) -> (hops: [Hop], keys: [UInt64])? {
    search += 1
    let component = components.numbers[Int(start)]
    var visits = [Visit(key: 0, node: start, birth: 0, edgeIndex: 0, parent: 0, rank: 0)]
    var layer = 0..<1
    var length = 0
    var found: [Visit] = []
    while !layer.isEmpty {
      length += 1
      if let limit, length > limit { return nil }
      found.removeAll(keepingCapacity: true)
      var closing: Visit?
      for position in layer {
        let node = visits[position].node
        for index in graph.edgeRange(of: node) {
          let edge = graph.edges[index]
          guard subtraction.ownerships[Int(edge.label)] == .strong,
            components.numbers[Int(edge.target)] == component,
            edge.target == start || seen[Int(edge.target)] != search,
            members?.containsSorted(edge.target) ?? true
          else { continue }
          let visit = Visit(
            key: key(edge, from: node),
            node: edge.target,
            birth: graph.births[Int(edge.target)],
            edgeIndex: UInt32(index),
            parent: UInt32(position),
            rank: visits[position].rank
          )
          if edge.target == start {
            if let other = closing, !Visit.precedes(visit, other) { continue }
            closing = visit
          } else {
            found.append(visit)
          }
        }
      }
      if let closing { return path(closing, visits) }
      if found.count > 1 { found.sort(by: Visit.precedes) }
      var rank: UInt32 = 0
      var previous: (rank: UInt32, key: UInt64)?
      let first = visits.count
      for visit in found {
        if let previous, previous != (visit.rank, visit.key) { rank += 1 }
        previous = (visit.rank, visit.key)
        if seen[Int(visit.node)] == search { continue }
        seen[Int(visit.node)] = search
        visits.append(visit)
        visits[visits.count - 1].rank = rank
      }
      layer = first..<visits.count
    }
    return nil
  }

  /// Names a reference and its target, classes and closures before what the compiler made up.
  private func key(_ edge: Edge, from node: NodeIndex) -> UInt64 {
    var hash = StableHash()
    hash.combine(names.reference(edge, from: node, in: graph))
    hash.combine(names.type(of: edge.target, in: graph))
    return UInt64(Self.rank(graph.type(of: edge.target))) << 61 | hash.value >> 3
  }

  private func path(_ last: Visit, _ visits: [Visit]) -> (hops: [Hop], keys: [UInt64]) {
    var hops: [Hop] = []
    var keys: [UInt64] = []
    var visit = last
    while true {
      let before = visits[Int(visit.parent)]
      hops.append(Hop(from: before.node, edgeIndex: Int(visit.edgeIndex)))
      keys.append(visit.key)
      if visit.parent == 0 { break }
      visit = before
    }
    hops.reverse()
    keys.reverse()
    return (hops, keys)
  }
}
