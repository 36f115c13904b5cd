package import HeapAnalysis
package import HeapGraph

/// Builds a heap in a few lines.
///
/// Counts follow from the references, plus `retain`s.
///
///     var heap = HeapBuilder()
///     let owner = heap.object("Owner")
///     let pet = heap.object("Pet")
///     heap.strong(owner, "pet", pet)
///     heap.strong(pet, "owner", owner)
///     let finding = heap.analysis.findings[0]
package struct HeapBuilder {
  /// Without its references, which `built` adds.
  package var graph = HeapGraph()
  private var edges: [[Edge]] = []
  private var types: [String: UInt32] = [:]
  private var labels: [EdgeLabel: UInt32] = [:]

  package init() {}

  @discardableResult
  package mutating func object(
    _ type: String,
    _ kind: HeapType.Kind = .classInstance,
    size: UInt64 = 48,
    strong: UInt32 = 0,
    stack: UInt32 = 0,
    state: NodeState = .live
  ) -> NodeIndex {
    let node = graph.nodeCount
    graph.addresses.append(0x1000 + UInt64(node) * 0x1_0000)
    graph.sizes.append(size)
    graph.births.append(UInt32(node) + 1)
    graph.stackIDs.append(stack)
    graph.strongCounts.append(strong)
    graph.unownedCounts.append(0)
    graph.weakCounts.append(0)
    graph.states.append(state)
    graph.typeIndices.append(typeIndex(HeapType(kind: kind, name: type)))
    edges.append([])
    return NodeIndex(node)
  }

  package mutating func closure() -> NodeIndex { object("closure context", .closureContext) }
  package mutating func storage() -> NodeIndex { object("Storage<Any>", .collectionStorage) }
  package mutating func box() -> NodeIndex { object("box", .box) }
  package mutating func raw() -> NodeIndex { object("raw", .raw, state: .raw) }

  /// A task, which owns itself until it has finished.
  package mutating func task(
    _ state: TaskSnapshot.State = .suspended,
    waitingFor others: [NodeIndex] = [],
    in functions: [UInt64] = []
  ) -> NodeIndex {
    let node = object("Task", .asyncTask)
    var task = TaskSnapshot(address: graph.addresses[Int(node)], node: node, state: state)
    task.wait = state != .suspended ? nil : others.isEmpty ? .continuation : .task
    task.waitsFor = others.compactMap { graph.taskNumbers[$0] }
    task.frames = functions
    graph.taskNumbers[node] = graph.tasks.count
    graph.tasks.append(task)
    if task.ownsItself { retain(node) }
    return node
  }

  /// Memory that a task allocated, with the contexts of its functions at offsets, innermost first.
  package mutating func memory(of task: NodeIndex, contextsAt offsets: [UInt64]) -> NodeIndex {
    let node = object("raw", .raw, size: 1024, state: .raw)
    guard let number = graph.taskNumbers[task] else { return node }
    graph.taskMemory[node] = number
    graph.tasks[number].contexts = offsets.map {
      TaskSnapshot.Context(
        resumed: graph.addresses[Int(node)] + $0,
        parent: 0,
        isOfCallee: false
      )
    }
    return node
  }

  /// A typed strong reference, counted.
  package mutating func strong(
    _ from: NodeIndex,
    _ name: String,
    _ target: NodeIndex,
    slotType: String = ""
  ) {
    reference(from, name, target, .strong, slotType: slotType)
    retain(target)
  }

  /// Any reference, not counted.
  @discardableResult
  package mutating func reference(
    _ from: NodeIndex,
    _ name: String,
    _ target: NodeIndex,
    _ ownership: Ownership = .strong,
    slotType: String = "",
    function: UInt64 = 0,
    declaredBy declaringType: String = ""
  ) -> Finding.Step {
    let label = EdgeLabel(
      name: name,
      ownership: ownership,
      functionAddress: function,
      declaringType: declaringType,
      slotType: slotType
    )
    let index = labels[label] ?? UInt32(graph.labels.count)
    if labels[label] == nil {
      labels[label] = index
      graph.labels.append(label)
    }
    let offset = UInt32(16 + 8 * edges[Int(from)].count)
    let edge = Edge(target: target, label: index, offset: offset)
    edges[Int(from)].append(edge)
    return Finding.Step(from: from, edge: edge)
  }

  /// A retain that no reference of the heap explains.
  package mutating func retain(_ node: NodeIndex, _ times: UInt32 = 1) {
    graph.strongCounts[Int(node)] += times
  }

  /// A word outside the heap; `owns` where it is counted.
  package mutating func root(_ target: NodeIndex, owns: Bool = true) {
    if graph.roots.isEmpty { graph.roots.append(Root(kind: .global, name: "App.global")) }
    let address = UInt64(0x10 + 8 * graph.rootEdges.count)
    graph.rootEdges.append(RootEdge(root: 0, target: target, address: address))
    if owns { retain(target) }
  }

  /// A word on the stack of a thread that ends the program, and in none of whose functions anything is owned.
  package mutating func wordOfEndingThread(_ target: NodeIndex) {
    graph.roots.append(Root(kind: .threadStack, name: "thread 1", endsProgram: true))
    graph.rootEdges.append(
      RootEdge(root: UInt32(graph.roots.count - 1), target: target, address: 0x7000)
    )
  }

  /// Raw memory that holds frames of a task.
  package mutating func frames(of task: NodeIndex) -> NodeIndex {
    let node = raw()
    graph.taskMemory[node] = graph.taskNumbers[task]
    return node
  }

  package mutating func thread(hasSwiftFrame: Bool) {
    graph.threads.append(
      ThreadSnapshot(id: 1, name: "main", frames: [], hasSwiftFrame: hasSwiftFrame)
    )
  }

  /// An owner and its pet, who know each other.
  package mutating func couple(
    _ owner: String = "Owner",
    _ pet: String = "Pet"
  ) -> (NodeIndex, NodeIndex) {
    let first = object(owner)
    let second = object(pet)
    strong(first, "pet", second)
    strong(second, "owner", first)
    return (first, second)
  }

  package var built: HeapGraph {
    var graph = graph
    graph.edges = edges.flatMap { $0 }
    graph.edgeStarts = [0]
    var end = 0
    for list in edges {
      end += list.count
      graph.edgeStarts.append(UInt32(end))
    }
    return graph
  }

  /// What the program's files would say.
  package var symbols = ProgramSymbols.none

  package var analysis: HeapAnalysis { HeapAnalysis(of: built, symbols: symbols) }

  private mutating func typeIndex(_ type: HeapType) -> UInt32 {
    if let index = types[type.kind.rawValue + type.name] { return index }
    let index = UInt32(graph.types.count)
    types[type.kind.rawValue + type.name] = index
    graph.types.append(type)
    return index
  }
}

extension Finding {
  /// `Owner.pet Pet.owner`: the path as a test reads it.
  package func pathText(in graph: HeapGraph) -> String {
    path.map { "\(graph.type(of: $0.from).name).\(graph.label(of: $0.edge).name)" }
      .joined(separator: " ")
  }

  /// The hinted references, by name.
  package func hintText(in graph: HeapGraph) -> String {
    guard let hint else { return "none" }
    let steps = hint.steps.map { path[$0] } + hint.extraSteps
    return steps.map { "\(graph.type(of: $0.from).name).\(graph.label(of: $0.edge).name)" }
      .sorted().joined(separator: " ")
  }
}
