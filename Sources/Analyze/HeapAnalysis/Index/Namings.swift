import HeapGraph

/// The words of live memory that still name leaked blocks, without owning them.
///
/// A word in the memory of another leak isn't a word of live memory, as long as nothing live names
/// that leak either: code that can't be reached can't follow the word.
struct Namings {
  /// In order of the leak.
  private var words: [(leak: UInt32, naming: Finding.Naming)] = []
  private(set) var isNamed: [Bool]

  init(in graph: HeapGraph, _ leaks: Leaks) {
    isNamed = Array(repeating: false, count: leaks.all.count)
    if leaks.all.isEmpty { return }
    for edge in graph.rootEdges where !graph.roots[Int(edge.root)].endsProgram {
      guard let leak = leaks.owner(of: edge.target) else { continue }
      let source = Finding.Naming.Source.root(edge.root, address: edge.address)
      words.append((leak, Finding.Naming(source: source, target: edge.target)))
      isNamed[Int(leak)] = true
    }
    let betweenLeaks = collectEdges(in: graph, leaks)
    spread(betweenLeaks, leaks)
    for (source, target, node, index) in betweenLeaks
    where isNamed[Int(source)] || Self.isOpen(leaks.all[Int(source)]) {
      append(index, from: node, to: target, in: graph)
    }
    words.sort { $0.leak < $1.leak }
  }

  func ofLeak(_ leak: UInt32) -> [Finding.Naming] {
    words[words.partitioningIndex { $0.leak >= leak }...].prefix { $0.leak == leak }.map(\.naming)
  }

  private typealias EdgeBetweenLeaks = (
    source: UInt32, target: UInt32, node: NodeIndex, edgeIndex: Int
  )

  private static func isOpen(_ leak: Leak) -> Bool { !leak.doubts.isDisjoint(with: .open) }

  /// Collects the words outside all leaks, and returns those in one leak that name another.
  private mutating func collectEdges(in graph: HeapGraph, _ leaks: Leaks) -> [EdgeBetweenLeaks] {
    var between: [EdgeBetweenLeaks] = []
    for node in 0..<NodeIndex(graph.nodeCount) where graph.states[Int(node)] != .deinited {
      let source = leaks.owner(of: node)
      for index in graph.edgeRange(of: node) {
        guard let target = leaks.owner(of: graph.edges[index].target), target != source
        else { continue }
        if let source {
          between.append((source, target, node, index))
        } else {
          append(index, from: node, to: target, in: graph)
        }
      }
    }
    return between
  }

  private mutating func append(
    _ edgeIndex: Int,
    from node: NodeIndex,
    to leak: UInt32,
    in graph: HeapGraph
  ) {
    let edge = graph.edges[edgeIndex]
    words.append(
      (leak, Finding.Naming(source: .edge(from: node, edge), target: edge.target))
    )
    isNamed[Int(leak)] = true
  }

  /// What a named leak names is named, too.
  private mutating func spread(_ edges: [EdgeBetweenLeaks], _ leaks: Leaks) {
    if edges.isEmpty { return }
    let edges = edges.sorted { $0.source < $1.source }
    var starts = Array(repeating: 0, count: leaks.all.count + 1)
    for edge in edges { starts[Int(edge.source) + 1] += 1 }
    for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
    var pending = leaks.all.indices.filter { isNamed[$0] || Self.isOpen(leaks.all[$0]) }
    while let leak = pending.popLast() {
      for edge in edges[starts[leak]..<starts[leak + 1]] where !isNamed[Int(edge.target)] {
        isNamed[Int(edge.target)] = true
        pending.append(Int(edge.target))
      }
    }
  }
}
