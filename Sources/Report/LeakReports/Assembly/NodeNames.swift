import HeapAnalysis
import HeapGraph
internal import Symbolication

/// What the blocks of one finding are called.
///
/// A closure context has no name of its own: which closure it is comes from the function beside it
/// in the slot that holds it, so the slots of the finding's own members are looked through once.
struct NodeNames {
  private let graph: HeapGraph
  private var closures: [NodeIndex: ClosureDescription] = [:]
  private var tasks: [NodeIndex: TaskNames.Description] = [:]
  /// A block of a parent's memory that stands for the task of an `async let` in it.
  private var embedded: NodeIndex?

  /// What the blocks along a path are called.
  init(
    of path: [Finding.Step],
    graph: HeapGraph,
    closure: (UInt64) -> ClosureDescription?,
    task: (Int) -> TaskNames.Description
  ) {
    self.graph = graph
    for step in path {
      learn(from: step.edge, of: step.from, closure: closure)
      learn(step.from, task: task)
      learn(step.edge.target, task: task)
    }
  }

  init(
    of finding: Finding,
    graph: HeapGraph,
    closure: (UInt64) -> ClosureDescription?,
    task: (Int) -> TaskNames.Description
  ) {
    self.init(of: finding.path, graph: graph, closure: closure, task: task)
    for instance in finding.instances {
      for nodes in [instance.core, instance.owned] {
        for node in nodes {
          learn(node, task: task)
          for edge in graph.edges(of: node) { learn(from: edge, of: node, closure: closure) }
        }
      }
    }
    // An `async let`'s task has no block of its own.
    if let number = finding.task, graph.taskNumbers[finding.subject] == nil {
      tasks[finding.subject] = task(number)
      embedded = finding.subject
    }
    for naming in finding.namings {
      if case .edge(let from, _) = naming.source { learn(from, task: task) }
    }
  }

  private mutating func learn(_ node: NodeIndex, task: (Int) -> TaskNames.Description) {
    guard !graph.tasks.isEmpty, tasks[node] == nil,
      let number = graph.taskNumbers[node] ?? graph.taskMemory[node]
    else { return }
    tasks[node] = task(number)
  }

  private mutating func learn(
    from edge: Edge,
    of node: NodeIndex,
    closure: (UInt64) -> ClosureDescription?
  ) {
    let function = graph.label(of: edge).functionAddress
    guard function != 0 else { return }
    let isContext = graph.type(of: edge.target).kind == .closureContext
    let isBlock = graph.type(of: node).kind == .cBlock
    guard isContext && closures[edge.target] == nil || isBlock && closures[node] == nil,
      let description = closure(function)
    else { return }
    if isContext { closures[edge.target] = description }
    // A block is the closure that it calls.
    if isBlock { closures[node] = description }
  }

  /// The type as `String(reflecting:)` prints it, the closure, or what a task does.
  func name(of node: NodeIndex) -> String { name(of: node, task: \.name) }

  /// The same, with the place where a task waits, and what is known of the very object.
  func fullName(of node: NodeIndex) -> String {
    graph.descriptions[node] ?? name(of: node, task: \.fullName)
  }

  private func name(of node: NodeIndex, task name: KeyPath<TaskNames.Description, String>) -> String
  {
    if let closure = closures[node] {
      return graph.type(of: node).kind == .cBlock
        ? "\(HeapType.cBlockName) of \(closure.name)" : closure.name
    }
    guard let task = tasks[node] else { return graph.type(of: node).readableName }
    if graph.taskMemory[node] == nil || node == embedded { return task[keyPath: name] }
    return task.function.map { "frame of \($0)" } ?? "frame of a task"
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
    case .cBlock: HeapType.cBlockName
    case .foreign: "object of a C library"
    case .asyncTask: "task"
    case .opaque: "Swift object"
    case .raw: "raw memory"
    }
  }
}
