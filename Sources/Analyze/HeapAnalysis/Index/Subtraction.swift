import HeapGraph

/// What is left of every count when the references that the heap itself holds are subtracted.
///
/// The subtraction is CPython's (`Modules/gcmodule.c`, `subtract_refs` and `move_unreachable`), on
/// counts that Swift keeps anyway. Linear in blocks and references.
struct Subtraction {
  /// What counts and roots together say about a block.
  enum Role: UInt8 {
    /// Something outside the heap holds it, or may hold it.
    case reachable
    /// Its count is explained by other garbage: nothing else owns it.
    case garbage
    /// Its count says that something owns it, but no root leads to it.
    case stranded
    /// Raw memory that no root leads to.
    case strandedRaw
    /// Deinited: its words mean nothing anymore.
    case gone
  }

  /// Of each label.
  let ownerships: [Ownership]
  /// Of each node: how many strong references something else must hold.
  ///
  /// A task that hasn't finished owns itself.
  private(set) var owners: [UInt32]
  /// Of each node: references in slots that the type says are strong, in live objects.
  private(set) var exact: [UInt32]
  /// Of each node: `exact`, plus words that look like it in memory that no type describes.
  private(set) var possible: [UInt32]
  private(set) var roles: [Role]
  private(set) var negative: [NodeIndex] = []
  private(set) var countsExplained = 0
  private(set) var countsUnexplained = 0

  init(of graph: HeapGraph) {
    ownerships = graph.labels.map(\.ownership)
    owners = graph.strongCounts
    exact = Array(repeating: 0, count: graph.nodeCount)
    possible = exact
    roles = graph.states.map { state in
      switch state {
      case .raw: .strandedRaw
      case .live: .garbage
      case .deiniting, .immortal: .reachable
      case .deinited: .gone
      }
    }
    countReferences(in: graph)
    leaveOutOwnReferences(in: graph)
    compareCounts(in: graph)
    keepWhatIsOwned(in: graph)
    keepWhatRootsReach(in: graph)
  }

  /// Whether breaking `edge` could let its target go.
  ///
  /// Garbage is held by strong references alone: its count says so. What a count doesn't explain
  /// may be held by any word but a weak or unowned one.
  func holds(_ edge: Edge, from node: NodeIndex) -> Bool {
    let source = roles[Int(node)]
    guard source != .reachable, source != .gone else { return false }
    let ownership = ownerships[Int(edge.label)]
    return switch roles[Int(edge.target)] {
    case .garbage: source == .garbage && ownership == .strong
    case .stranded, .strandedRaw: ownership != .weak && ownership != .unowned
    case .reachable, .gone: false
    }
  }

  /// How many owners of a live object the heap's strong references don't explain.
  func external(_ node: NodeIndex) -> UInt32 {
    let strong = owners[Int(node)]
    let explained = exact[Int(node)]
    return strong > explained ? strong - explained : 0
  }

  /// Whether an object has more owners than there are words that could be one of them.
  func isOverRetained(_ node: NodeIndex) -> Bool { owners[Int(node)] > possible[Int(node)] }

  /// A task releases itself when it has finished.
  ///
  /// A stored `UnsafeContinuation` stands for that reference, and explains
  /// it; one in a frame, or in a `CheckedContinuation`, is a word that nothing counts.
  private mutating func leaveOutOwnReferences(in graph: HeapGraph) {
    for (node, number) in graph.taskNumbers where graph.tasks[number].ownsItself {
      let node = Int(node)
      let strong = graph.strongCounts[node]
      if strong > exact[node] { owners[node] = strong - 1 }
    }
  }

  private mutating func countReferences(in graph: HeapGraph) {
    for node in 0..<graph.nodeCount {
      let state = graph.states[node]
      if state == .deinited { continue }
      // While a `deinit` runs its fields are released one by one, and their words stay: a reference
      // from there may count or not.
      let isTyped = state == .live || state == .immortal
      for index in Int(graph.edgeStarts[node])..<Int(graph.edgeStarts[node + 1]) {
        let edge = graph.edges[index]
        switch ownerships[Int(edge.label)] {
        case .strong:
          if isTyped { exact[Int(edge.target)] &+= 1 }
          possible[Int(edge.target)] &+= 1
        case .unmanaged, .conservative: possible[Int(edge.target)] &+= 1
        case .weak, .unowned: break
        }
      }
    }
    for edge in graph.rootEdges { possible[Int(edge.target)] &+= 1 }
  }

  private mutating func compareCounts(in graph: HeapGraph) {
    for node in 0..<graph.nodeCount where graph.states[node] == .live {
      let strong = owners[node]
      if strong == exact[node] {
        countsExplained += 1
      } else if strong > exact[node] {
        countsUnexplained += 1
      } else {
        negative.append(NodeIndex(node))
      }
    }
  }

  /// Whether the count says nothing about owners: an object between its last release and its
  /// `deinit`, or one whose count the capture could not read.
  private static func hasNoCount(_ node: Int, in graph: HeapGraph) -> Bool {
    graph.states[node] == .live && graph.strongCounts[node] == 0
  }

  private mutating func keepWhatIsOwned(in graph: HeapGraph) {
    var pending: [NodeIndex] = []
    // Any word that names a task may be what resumes it: no count proves that nothing will.
    for (node, number) in graph.taskNumbers where graph.tasks[number].ownsItself {
      roles[Int(node)] = .stranded
      pending.append(node)
    }
    for node in 0..<graph.nodeCount {
      switch graph.states[node] {
      case .live where owners[node] > exact[node] || Self.hasNoCount(node, in: graph):
        roles[node] = .stranded
        pending.append(NodeIndex(node))
      case .immortal: pending.append(NodeIndex(node))
      case .live, .raw, .deiniting, .deinited: break
      }
    }
    while let node = pending.popLast() {
      for index in graph.edgeRange(of: node) {
        let edge = graph.edges[index]
        guard ownerships[Int(edge.label)] == .strong, roles[Int(edge.target)] == .garbage
        else { continue }
        roles[Int(edge.target)] = .stranded
        pending.append(edge.target)
      }
    }
  }

  private mutating func keepWhatRootsReach(in graph: HeapGraph) {
    var pending: [NodeIndex] = []
    let framed = graph.roots.contains(where: \.endsProgram) ? wordsOfWaitingFrames(in: graph) : [:]
    for edge in graph.rootEdges where canHold(edge, besides: framed, in: graph) {
      reach(edge.target, &pending)
    }
    for node in 0..<graph.nodeCount {
      switch graph.states[node] {
      case .deiniting, .immortal: pending.append(NodeIndex(node))
      case .live where Self.hasNoCount(node, in: graph): reach(NodeIndex(node), &pending)
      case .live, .raw, .deinited: break
      }
    }
    while let node = pending.popLast() {
      for index in graph.edgeRange(of: node) {
        let edge = graph.edges[index]
        switch ownerships[Int(edge.label)] {
        case .strong, .unmanaged, .conservative: reach(edge.target, &pending)
        case .weak, .unowned: break
        }
      }
    }
  }

  /// Whether a word outside of the heap may hold what it names.
  ///
  /// A thread that ends the program resumes nothing anymore, and what stays of earlier calls on its stack owns nothing: it
  /// can't own an object whose count is explained, nor the frames of a task that waits.
  private func canHold(
    _ edge: RootEdge,
    besides framed: [NodeIndex: UInt32],
    in graph: HeapGraph
  ) -> Bool {
    guard graph.roots[Int(edge.root)].endsProgram else { return true }
    let target = Int(edge.target)
    if let task = graph.taskMemory[edge.target] { return !graph.tasks[task].isWaiting }
    guard graph.states[target] == .live, owners[target] >= exact[target] else { return true }
    return owners[target] - exact[target] > framed[edge.target, default: 0]
  }

  /// How many words in the frames of waiting tasks name each object: the frames may own it as often.
  private func wordsOfWaitingFrames(in graph: HeapGraph) -> [NodeIndex: UInt32] {
    var words: [NodeIndex: UInt32] = [:]
    for (memory, task) in graph.taskMemory where graph.tasks[task].isWaiting {
      for edge in graph.edges(of: memory) where ownerships[Int(edge.label)] == .conservative {
        words[edge.target, default: 0] += 1
      }
    }
    return words
  }

  /// Garbage stays garbage, and what only garbage holds is not reached through it: no stale word
  /// can talk an exact count away.
  private mutating func reach(_ node: NodeIndex, _ pending: inout [NodeIndex]) {
    let role = roles[Int(node)]
    guard role == .stranded || role == .strandedRaw else { return }
    roles[Int(node)] = .reachable
    pending.append(node)
  }
}

extension HeapGraph {
  /// The positions in `edges` of the references that leave a node.
  func edgeRange(of node: NodeIndex) -> Range<Int> {
    Int(edgeStarts[Int(node)])..<Int(edgeStarts[Int(node) + 1])
  }
}
