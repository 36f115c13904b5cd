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
  ///   - others: return addresses that will be asked about besides: a second question takes as long as the first.
  package convenience init(
    graph: HeapGraph,
    analysis: HeapAnalysis,
    includesStacks: Bool = false,
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
  }

  /// What made tasks: those that aren't suspended are called by it.
  private static func makers(of tasks: [TaskSnapshot], in graph: HeapGraph) -> Set<UInt64> {
    let stacks = Set(tasks.map { graph.stackIDs[Int($0.node)] })
    return stacks.reduce(into: Set()) { $0.formUnion(graph.callStacks[$1] ?? []) }
  }
}
