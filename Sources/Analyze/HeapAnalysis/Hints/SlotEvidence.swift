import HeapGraph

/// What speaks for and against making the references of one slot weak.
struct SlotEvidence {
  /// Greater for a reference that looks more like one back to an owner; below zero for one that owns.
  private(set) var score = 0
  /// The strongest argument, as a clause.
  private(set) var reason = "without it the objects are freed"
  /// Whether the language allows `weak` there: a property that holds a class, or a capture.
  let canBeWeak: Bool

  private var strongest = 0
  /// Whether it refers back whatever was there first: by its name, or because it is a capture.
  private var refersBack = false

  /// Weighs the references that leave a slot, at least one.
  init(of hops: [Hop], in graph: HeapGraph, _ subtraction: Subtraction) {
    canBeWeak = hops.allSatisfy { Self.canBeWeak($0, in: graph) }
    guard let example = hops.first else { return }
    let isCapture = graph.type(of: example.from).kind == .closureContext
    if isCapture || hops.allSatisfy({ Self.isCaptureOfOne($0, in: graph) }) {
      refersBack = true
      if hops.contains(where: { Self.isStoredByTarget($0, in: graph, subtraction) }) {
        argue(100, "the closure is stored by the object that it captures")
      } else {
        argue(60, "the object that the closure captures keeps the closure alive")
      }
    } else {
      switch ReferenceNames.direction(of: graph.label(of: graph.edges[example.edgeIndex]).name) {
      case .back:
        refersBack = true
        argue(50, "its name suggests a back reference")
      case .owning: argue(-60, "its name suggests ownership")
      case nil: break
      }
    }
    weighShape(of: hops, in: graph, subtraction)
  }

  private mutating func argue(_ weight: Int, _ clause: String) {
    score += weight
    if weight > strongest {
      strongest = weight
      reason = clause
    }
  }

  private mutating func weighShape(
    of hops: [Hop],
    in graph: HeapGraph,
    _ subtraction: Subtraction
  ) {
    var targets: Set<NodeIndex> = []
    var toSelf = 0
    var toOlder = 0
    var toYounger = 0
    var soleOwner = 0
    for hop in hops {
      let target = graph.edges[hop.edgeIndex].target
      targets.insert(target)
      if target == hop.from {
        toSelf += 1
      } else if graph.births[Int(target)] < graph.births[Int(hop.from)] {
        toOlder += 1
      } else if graph.births[Int(target)] > graph.births[Int(hop.from)] {
        toYounger += 1
        if subtraction.exact[Int(target)] == 1 { soleOwner += 1 }
      }
    }
    if toSelf == hops.count { argue(80, "it refers to its own object") }
    if hops.count >= 2 * targets.count { argue(25, "many objects refer to one through it") }
    // An owner is there before what it owns.
    if toOlder > toYounger { argue(20, "its target was allocated first") }
    if refersBack { return }
    if toYounger > toOlder { argue(-10, "its target was allocated later") }
    if 2 * soleOwner > hops.count { argue(-30, "nothing else owns its target") }
  }

  /// Whether a slot holds a closure that captures one object: that object is its context.
  private static func isCaptureOfOne(_ hop: Hop, in graph: HeapGraph) -> Bool {
    let edge = graph.edges[hop.edgeIndex]
    return graph.label(of: edge).functionAddress != 0
      && graph.type(of: edge.target).kind == .classInstance
  }

  private static func canBeWeak(_ hop: Hop, in graph: HeapGraph) -> Bool {
    if isCaptureOfOne(hop, in: graph) { return true }
    let target = graph.type(of: graph.edges[hop.edgeIndex].target).kind
    return switch graph.type(of: hop.from).kind {
    case .classInstance, .opaque: target == .classInstance || target == .opaque
    // A captured variable lies in a box: capture the object weakly instead.
    case .closureContext: target == .classInstance || target == .opaque || target == .box
    case .collectionStorage, .box, .errorBox, .asyncTask, .cBlock, .foreign, .raw: false
    }
  }

  /// Whether a captured object leads back to the closure through no other object of a class.
  private static func isStoredByTarget(
    _ hop: Hop,
    in graph: HeapGraph,
    _ subtraction: Subtraction
  ) -> Bool {
    var pending = [graph.edges[hop.edgeIndex].target]
    if pending == [hop.from] { return true }
    // The closure is its target: what stores it is an object of its own.
    if graph.type(of: hop.from).kind == .classInstance { return false }
    var seen: Set<NodeIndex> = []
    // A look around, no search: storage can hold any number of elements.
    while let node = pending.popLast(), seen.count < 64 {
      for edge in graph.edges(of: node).prefix(64)
      where subtraction.ownerships[Int(edge.label)] == .strong {
        if edge.target == hop.from { return node != edge.target }
        let isObject = graph.type(of: edge.target).kind == .classInstance
        let isCaptured = graph.type(of: node).kind == .box && seen.isEmpty
        if !isObject || isCaptured, seen.insert(edge.target).inserted {
          pending.append(edge.target)
        }
      }
    }
    return false
  }
}
