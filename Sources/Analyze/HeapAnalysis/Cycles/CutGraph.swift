import HeapGraph

/// The cycles of some components, small enough to try out which slots must be weak to break them.
struct CutGraph {
  /// The slots in use, by their numbers in `Slots`, in the order they were met.
  private(set) var slots: [UInt32] = []
  /// Of each slot: the references that leave it.
  private(set) var hops: [[Hop]] = []

  private var starts = [0]
  private var targets: [UInt32] = []
  /// Of each reference: a position in `slots`.
  private var positions: [UInt32] = []

  var edgeCount: Int { targets.count }
  private var nodeCount: Int { starts.count - 1 }

  /// Collects the strong references among the objects of each group of a sample.
  ///
  /// `scratch` has one entry for each node of the graph; what it holds doesn't matter.
  init(
    of sample: [ArraySlice<NodeIndex>],
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ numbering: inout Slots,
    scratch: inout [UInt32]
  ) {
    var known: [UInt32: UInt32] = [:]
    for members in sample {
      let first = nodeCount
      for (position, node) in members.enumerated() {
        scratch[Int(node)] = UInt32(first + position)
      }
      func isMember(_ node: NodeIndex) -> Bool {
        let position = members.startIndex + Int(scratch[Int(node)]) - first
        return members.indices.contains(position) && members[position] == node
      }
      for node in members {
        for index in graph.edgeRange(of: node) {
          let edge = graph.edges[index]
          guard subtraction.ownerships[Int(edge.label)] == .strong, isMember(edge.target)
          else { continue }
          let slot = numbering.number(of: edge, from: node, in: graph)
          let position = known[slot] ?? UInt32(slots.count)
          if Int(position) == slots.count {
            known[slot] = position
            slots.append(slot)
            hops.append([])
          }
          hops[Int(position)].append(Hop(from: node, edgeIndex: index))
          positions.append(position)
          targets.append(scratch[Int(edge.target)])
        }
        starts.append(targets.count)
      }
    }
  }

  /// Whether no cycle remains when some slots are weak.
  ///
  /// Linear in the references.
  func isAcyclic(without cut: [Int]) -> Bool {
    var isCut = Array(repeating: false, count: slots.count)
    for slot in cut { isCut[slot] = true }
    var holders = Array(repeating: 0, count: nodeCount)
    for edge in targets.indices where !isCut[Int(positions[edge])] {
      holders[Int(targets[edge])] += 1
    }
    var pending = holders.indices.filter { holders[$0] == 0 }
    var freed = 0
    while let node = pending.popLast() {
      freed += 1
      for edge in starts[node]..<starts[node + 1] where !isCut[Int(positions[edge])] {
        let target = Int(targets[edge])
        holders[target] -= 1
        if holders[target] == 0 { pending.append(target) }
      }
    }
    return freed == nodeCount
  }

  /// How many references are looked at before a better answer is given up.
  private static let workLimit = 30_000_000

  /// The smallest set of slots whose weakening breaks every cycle.
  ///
  /// Of those that `candidates` offers, the best first. Pairs are tried all, greater sets greedily.
  func smallestCut(of candidates: [Int]) -> [Int]? {
    if let single = candidates.first(where: { isAcyclic(without: [$0]) }) { return [single] }
    guard isAcyclic(without: candidates) else { return nil }
    let pairs = candidates.count * (candidates.count - 1) / 2
    if candidates.count <= 40 && pairs * edgeCount <= Self.workLimit {
      for last in candidates.indices.dropFirst() {
        for first in 0..<last where isAcyclic(without: [candidates[first], candidates[last]]) {
          return [candidates[first], candidates[last]]
        }
      }
    }
    // Enough of the best, then without those that turn out not to be needed.
    let enough = (1..<candidates.count).partitioningIndex {
      isAcyclic(without: Array(candidates[..<$0]))
    }
    var cut = Array(candidates[..<enough])
    guard cut.count * edgeCount <= Self.workLimit else { return cut }
    for slot in cut.reversed() {
      let smaller = cut.filter { $0 != slot }
      if isAcyclic(without: smaller) { cut = smaller }
    }
    return cut
  }
}
