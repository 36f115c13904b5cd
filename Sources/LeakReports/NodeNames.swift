import HeapAnalysis
import HeapGraph

/// What the blocks of one finding are called.
///
/// A closure context has no name of its own: which closure it is comes from the function beside it
/// in the slot that holds it, so the slots of the finding's own members are looked through once.
struct NodeNames {
  private let graph: HeapGraph
  private var closures: [NodeIndex: ClosureDescription] = [:]

  /// What the blocks along a path are called.
  init(of edges: [Edge], graph: HeapGraph, closure: (UInt64) -> ClosureDescription?) {
    self.graph = graph
    for edge in edges { learn(from: edge, closure: closure) }
  }

  init(
    of finding: Finding,
    graph: HeapGraph,
    closure: (UInt64) -> ClosureDescription?
  ) {
    self.graph = graph
    for step in finding.path { learn(from: step.edge, closure: closure) }
    for instance in finding.instances {
      for nodes in [instance.core, instance.owned] {
        for node in nodes {
          for edge in graph.edges(of: node) { learn(from: edge, closure: closure) }
        }
      }
    }
  }

  private mutating func learn(from edge: Edge, closure: (UInt64) -> ClosureDescription?) {
    let function = graph.label(of: edge).functionAddress
    guard function != 0, closures[edge.target] == nil,
      graph.type(of: edge.target).kind == .closureContext,
      let description = closure(function)
    else { return }
    closures[edge.target] = description
  }

  /// The type as `String(reflecting:)` prints it, or the closure.
  func name(of node: NodeIndex) -> String {
    closures[node]?.name ?? graph.type(of: node).readableName
  }

  /// The closure that a context belongs to, where a symbol says.
  func closure(of node: NodeIndex) -> ClosureDescription? { closures[node] }
}

extension HeapType {
  var readableName: String {
    guard name.isEmpty else { return name }
    return switch kind {
    case .classInstance: "class instance"
    case .collectionStorage: "collection storage"
    case .closureContext: "closure"
    case .box: "box"
    case .errorBox: "error box"
    case .asyncTask: "task"
    case .opaque: "Swift object"
    case .raw: "raw memory"
    }
  }
}
