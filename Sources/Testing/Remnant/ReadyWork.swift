internal import Foundation
internal import HeapGraph

/// Work that is ready to run, and waits for its turn: tasks in the queue of a pool or an actor, and what the main queue has.
///
/// What it releases is unknown before it has run.
struct ReadyWork {
  private let graph: HeapGraph
  /// Positions in the root edges: words of the main queue itself.
  private let mainQueue: [Int]
  private let tasks: Set<NodeIndex>

  init(in graph: HeapGraph) {
    self.graph = graph
    tasks = Set(graph.tasks.filter { $0.state == .enqueued }.map(\.node))
    let queue = Self.mainQueue
    mainQueue = graph.rootEdges.indices.filter { queue.contains(graph.rootEdges[$0].address) }
  }

  /// `struct dispatch_queue_static_s`, libdispatch of Swift 6.3.
  private static let mainQueue: Range<UInt64> = {
    guard let start = dlsym(nil, "_dispatch_main_q") else { return 0..<0 }
    let address = UInt64(UInt(bitPattern: start))
    return address..<address + 128
  }()

  /// Those of the objects that nothing else holds: as many references to each lie in what the work holds as own it.
  ///
  /// Words on stacks, in raw memory and in the frames of other tasks say nothing: a call that is over leaves them behind.
  func holdsAlone(_ objects: Set<NodeIndex>) -> Set<NodeIndex> {
    let ready = tasks.union(mainQueue.map { graph.rootEdges[$0].target })
    if ready.isEmpty { return [] }
    let ownWords = Set(mainQueue)
    var others = graph.rootEdges.indices.filter { index in
      graph.roots[Int(graph.rootEdges[index].root)].kind == .global && !ownWords.contains(index)
    }.map { graph.rootEdges[$0].target }
    others += graph.states.indices.filter {
      graph.states[$0] == .immortal || graph.states[$0] == .deiniting
    }.map { NodeIndex($0) }
    let elsewhere = reach(from: others) { node in
      ![.raw, .asyncTask].contains(graph.type(of: node).kind)
    }
    let held = reach(from: Array(ready)) { _ in true }.subtracting(elsewhere)
    var owners: [NodeIndex: Int] = [:]
    for node in held {
      for edge in graph.edges(of: node) where isOwning(edge) && objects.contains(edge.target) {
        owners[edge.target, default: 0] += 1
      }
    }
    return objects.filter {
      held.contains($0) && owners[$0, default: 0] >= graph.strongCounts[Int($0)]
    }
  }

  private func isOwning(_ edge: Edge) -> Bool {
    switch graph.label(of: edge).ownership {
    case .strong, .conservative: true
    case .unowned, .weak, .unmanaged: false
    }
  }

  private func reach(
    from starts: [NodeIndex],
    where isFollowed: (NodeIndex) -> Bool
  ) -> Set<NodeIndex> {
    var reached: Set<NodeIndex> = []
    var open = starts
    while let node = open.popLast() {
      guard reached.insert(node).inserted else { continue }
      if graph.states[Int(node)] == .deinited || !isFollowed(node) { continue }
      for edge in graph.edges(of: node) where isOwning(edge) { open.append(edge.target) }
    }
    return reached
  }
}
