package import HeapAnalysis
package import HeapGraph
package import Symbolication

extension Symbolicator {
  /// A symbolicator with the names for a report, all looked up at once: only what the findings will show.
  ///
  /// - Parameters:
  ///   - graph: the heap.
  ///   - analysis: what was found in it.
  ///   - includesStacks: whether every live block's call stack is named, not only the findings'.
  ///   - variableReader: what reads the variables of the suspended functions that the findings show.
  ///   - others: return addresses that will be asked about besides: a second question takes as long as the first.
  package convenience init(
    graph: HeapGraph,
    analysis: HeapAnalysis,
    includesStacks: Bool = false,
    variableReader: VariableReader? = nil,
    besides others: [UInt64] = []
  ) {
    self.init(images: graph.images)
    var stacks: Set<UInt32> = []
    var functions: Set<UInt64> = []
    for finding in analysis.findings {
      for instance in finding.instances {
        for node in instance.core { stacks.insert(graph.stackIDs[Int(node)]) }
        for node in instance.core + instance.owned {
          for edge in graph.edges(of: node) {
            functions.insert(graph.label(of: edge).functionAddress)
          }
        }
      }
    }
    for group in analysis.explanations.flatMap(\.groups) {
      for step in group.path.steps {
        functions.insert(graph.label(of: step.edge).functionAddress)
      }
    }
    if includesStacks { stacks.formUnion(graph.stackIDs) }
    functions.remove(0)
    // The threads' frames as well: the report names the function for a word on a stack.
    var code = stacks.flatMap { graph.callStacks[$0] ?? [] }
    code += graph.threads.flatMap(\.frames) + others
    var resumptions: Set<UInt64> = []
    for task in graph.tasks where task.state == .suspended { resumptions.formUnion(task.frames) }
    code += Self.makers(of: graph.tasks.filter { $0.state != .suspended }, in: graph)
    load(
      returnAddresses: code,
      functions: Array(functions),
      resumptions: Array(resumptions)
    )
    if let variableReader, !graph.tasks.isEmpty {
      let shown = Self.shownTasks(in: analysis, graph)
      loadVariables(
        ofFunctionsResumedAt: shown.reduce(into: Set()) { $0.formUnion(graph.tasks[$1].frames) },
        variableReader
      )
    }
  }

  /// The waiting tasks whose memory a report's paths may lead through.
  private static func shownTasks(in analysis: HeapAnalysis, _ graph: HeapGraph) -> Set<Int> {
    var nodes: Set<NodeIndex> = []
    var numbers: Set<Int> = []
    for finding in analysis.findings {
      if let task = finding.task { numbers.insert(task) }
      nodes.formUnion(finding.path.map(\.from))
    }
    for group in analysis.explanations.flatMap(\.groups) {
      nodes.formUnion(group.path.steps.map(\.from))
    }
    for node in nodes {
      if let number = graph.taskNumbers[node] ?? graph.taskMemory[node] { numbers.insert(number) }
    }
    for (number, task) in graph.tasks.enumerated() where nodes.contains(task.node) {
      numbers.insert(number)
    }
    return numbers.filter { graph.tasks[$0].isWaiting }
  }

  /// What made tasks: those that aren't suspended are called by it.
  private static func makers(of tasks: [TaskSnapshot], in graph: HeapGraph) -> Set<UInt64> {
    let stacks = Set(tasks.map { graph.stackIDs[Int($0.node)] })
    return stacks.reduce(into: Set()) { $0.formUnion(graph.callStacks[$1] ?? []) }
  }
}
