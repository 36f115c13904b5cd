package import HeapGraph

/// Which blocks would be freed with which other one: the dominator tree of a whole heap.
///
/// A block dominates another if every path of references to the other one leads through it. It
/// retains its own bytes and those of all blocks that it dominates.
///
///     let dominators = Dominators(of: graph)
///     dominators.immediateDominator(of: node)  // the nearest block that alone keeps it alive
///     dominators.retainedBytes[Int(node)]
///
/// Paths begin where those of `RootPaths` do, and also in what no root reaches: a leaked object keeps
/// a live one alive just as a global does, so what both hold is dominated by neither. There, a path
/// begins at every block to which nothing refers, and at the oldest block of every cycle (all blocks
/// that reach one another) to which nothing else refers. So every block has a place in the tree, a
/// leaked cycle is retained by its oldest block, and the blocks that no other one dominates retain
/// the whole heap, each byte once.
///
/// References are taken at face value; what counts prove is left to `Subtraction`. A stale word on a
/// stack is a root like any other, and a word that only looks like a reference counts as one.
package struct Dominators: Sendable {
  private static let none = NodeIndex.max

  /// Of each node: its immediate dominator, or `none`.
  private var parents: [NodeIndex]
  /// Every node once, after those that dominate it.
  package let order: [NodeIndex]
  /// Of each node: its own bytes and those of all nodes that it dominates.
  package private(set) var retainedBytes: [UInt64]

  /// Computes the tree with semi-NCA, by Georgiadis and Tarjan.
  ///
  /// It is described in "Finding Dominators in Practice" (Georgiadis, Tarjan and Werneck, 2006).
  ///
  /// Complexity: O(*m* log *n*) for *n* blocks and *m* references, and close to linear in practice;
  /// sorts what no root reaches. Needs about 40 bytes for each block, and 8 for each reference that
  /// leads back to, or across to, what a depth-first search found before. Of these, 16 bytes for each
  /// block remain.
  ///
  /// - Parameters:
  ///   - graph: the heap.
  ///   - ownerships: those of the references that keep their targets alive.
  package init(
    of graph: HeapGraph,
    following ownerships: Set<Ownership> = [.strong, .unmanaged, .conservative]
  ) {
    let search = DepthFirstSearch(of: graph, following: ownerships)
    let dominators = search.dominators(semidominators: search.semidominators())
    order = search.nodes
    parents = Array(repeating: Self.none, count: graph.nodeCount)
    retainedBytes = graph.sizes
    for number in dominators.indices.reversed() where dominators[number] != 0 {
      let node = order[number - 1]
      let dominator = order[Int(dominators[number]) - 1]
      parents[Int(node)] = dominator
      // Sizes come from the examined process: a damaged one must not trap.
      retainedBytes[Int(dominator)] &+= retainedBytes[Int(node)]
    }
  }

  /// The nearest other block that every path to a node leads through.
  ///
  /// Nil where there is none: a path begins at the node, or several paths to it share no block.
  package func immediateDominator(of node: NodeIndex) -> NodeIndex? {
    let parent = parents[Int(node)]
    return parent == Self.none ? nil : parent
  }
}

/// The blocks of a heap, numbered from 1 as a depth-first search finds them.
///
/// Number 0 stands for the start of all paths, which refers to every block where one begins. Arrays
/// that are indexed by numbers have an entry for it.
private struct DepthFirstSearch {
  private static let none = UInt32.max

  /// Number `k` is `nodes[k - 1]`.
  private(set) var nodes: [NodeIndex] = []
  /// Of each node: its number, or 0 where it isn't found yet.
  private var numbers: [UInt32]
  /// Of each number: the one that it was found from.
  private var parents: [UInt32] = [0]
  /// Of each number: the smallest one that refers to it.
  private var holders: [UInt32] = [0]
  /// The references to what was found before their source, as a list for each target.
  private var returning: [(source: UInt32, next: UInt32)] = []
  /// Of each number: where its list in `returning` begins, or `none`.
  private var lists: [UInt32] = [none]

  init(of graph: HeapGraph, following ownerships: Set<Ownership>) {
    numbers = Array(repeating: 0, count: graph.nodeCount)
    let isFollowed = graph.labels.map { ownerships.contains($0.ownership) }
    for edge in graph.rootEdges { search(from: edge.target, in: graph, isFollowed) }
    for (node, state) in graph.states.enumerated() where state == .immortal || state == .deiniting {
      search(from: NodeIndex(node), in: graph, isFollowed)
    }
    // What reaches a candidate is reached from a later one, too, unless it is in a cycle with it: an
    // earlier one would have reached both. So, from the last to the first, the candidates that aren't
    // found yet are those to which nothing outside their own cycle leads.
    for node in candidates(in: graph, isFollowed).reversed() where numbers[Int(node)] == 0 {
      search(from: node, in: graph, isFollowed)
    }
  }

  /// Blocks from which all that isn't found yet can be reached, the oldest first.
  private func candidates(in graph: HeapGraph, _ isFollowed: [Bool]) -> [NodeIndex] {
    var isReached = numbers.map { $0 != 0 }
    var candidates: [NodeIndex] = []
    var pending: [NodeIndex] = []
    let byAge = (0..<NodeIndex(graph.nodeCount)).filter { !isReached[Int($0)] }
      .sorted { (graph.births[Int($0)], $0) < (graph.births[Int($1)], $1) }
    for node in byAge where !isReached[Int(node)] {
      candidates.append(node)
      isReached[Int(node)] = true
      pending.append(node)
      while let node = pending.popLast() {
        for index in graph.holdingRange(of: node) {
          let edge = graph.edges[Int(index)]
          guard isFollowed[Int(edge.label)], !isReached[Int(edge.target)] else { continue }
          isReached[Int(edge.target)] = true
          pending.append(edge.target)
        }
      }
    }
    return candidates
  }

  /// Numbers what a block reaches, with a stack of its own: a chain may be millions of blocks long.
  private mutating func search(from start: NodeIndex, in graph: HeapGraph, _ isFollowed: [Bool]) {
    guard find(start, from: 0) else { return }
    var path = [(number: UInt32(nodes.count), references: graph.holdingRange(of: start))]
    while let number = path.last?.number {
      guard let index = path[path.count - 1].references.popFirst() else {
        path.removeLast()
        continue
      }
      let edge = graph.edges[Int(index)]
      if isFollowed[Int(edge.label)], find(edge.target, from: number) {
        path.append((UInt32(nodes.count), graph.holdingRange(of: edge.target)))
      }
    }
  }

  /// Notes a reference to a node; true if that is how it is found.
  private mutating func find(_ node: NodeIndex, from source: UInt32) -> Bool {
    let number = numbers[Int(node)]
    if number == 0 {
      nodes.append(node)
      numbers[Int(node)] = UInt32(nodes.count)
      parents.append(source)
      holders.append(source)
      lists.append(Self.none)
      return true
    }
    if source < number {
      holders[Int(number)] = min(holders[Int(number)], source)
    } else if source > number {
      returning.append((source, lists[Int(number)]))
      lists[Int(number)] = UInt32(returning.count - 1)
    }
    return false
  }

  /// Of each number: the smallest one from which a path leads to it through greater numbers alone.
  func semidominators() -> [UInt32] {
    var semidominators = holders
    // A forest of the numbers that are done. Of each of them: one further up, and the smallest
    // semidominator on the way there. Ways are halved as they are walked, without a stack, as by
    // Tarjan and van Leeuwen ("Worst-Case Analysis of Set Union Algorithms", 1984).
    var ancestors = parents
    var smallest = holders

    for number in (1..<UInt32(parents.count)).reversed() {
      var semidominator = holders[Int(number)]
      var link = lists[Int(number)]
      while link != Self.none {
        var source = returning[Int(link)].source
        link = returning[Int(link)].next
        while source > number {
          let ancestor = ancestors[Int(source)]
          if ancestor > number {
            smallest[Int(source)] = min(smallest[Int(source)], smallest[Int(ancestor)])
            ancestors[Int(source)] = ancestors[Int(ancestor)]
          }
          semidominator = min(semidominator, smallest[Int(source)])
          source = ancestors[Int(source)]
        }
      }
      semidominators[Int(number)] = semidominator
      smallest[Int(number)] = semidominator
    }
    return semidominators
  }

  /// Of each number: its immediate dominator, the nearest one that dominates its parent and isn't
  /// greater than its semidominator.
  ///
  /// The paper walks there one dominator at a time, which is quadratic for an array at the end of a
  /// long list if its elements are held by the list's owner, too. Here, each number also has a jump to
  /// a dominator further up, as in Myers, "An Applicative Random-Access Stack" (1983): any of them is
  /// found in O(log *n*) steps.
  func dominators(semidominators: [UInt32]) -> [UInt32] {
    var dominators = parents
    var jumps: [UInt32] = Array(repeating: 0, count: parents.count)
    var depths = jumps
    for number in parents.indices.dropFirst() {
      let semidominator = semidominators[number]
      var dominator = parents[number]
      while dominator > semidominator {
        let jump = jumps[Int(dominator)]
        dominator = jump > semidominator ? jump : dominators[Int(dominator)]
      }
      dominators[number] = dominator
      depths[number] = depths[Int(dominator)] + 1
      let near = jumps[Int(dominator)]
      let far = jumps[Int(near)]
      let isAsLong =
        depths[Int(dominator)] - depths[Int(near)] == depths[Int(near)] - depths[Int(far)]
      jumps[number] = isAsLong ? far : dominator
    }
    return dominators
  }
}

extension HeapGraph {
  /// The positions in `edges` of the references that leave a node, unless its `deinit` is over.
  fileprivate func holdingRange(of node: NodeIndex) -> Range<UInt32> {
    let start = edgeStarts[Int(node)]
    return start..<(states[Int(node)] == .deinited ? start : edgeStarts[Int(node) + 1])
  }
}
