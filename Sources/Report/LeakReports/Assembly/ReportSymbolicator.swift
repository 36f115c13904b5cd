internal import Foundation
package import HeapAnalysis
package import HeapGraph
internal import Symbolication

/// Names for the report, all looked up at once: only what the findings will show.
package struct ReportSymbolicator: Symbolicating {
  private let symbolicator: Symbolicator

  /// What could not be named, and why.
  package var notes: [String] { symbolicator.limitations }

  /// - Parameters:
  ///   - graph: the heap.
  ///   - analysis: what was found in it.
  ///   - includesStacks: whether every live block's call stack is named, not only the findings'.
  ///   - others: return addresses that will be asked about besides: a second question takes as long as the first.
  package init(
    graph: HeapGraph,
    analysis: HeapAnalysis,
    includesStacks: Bool = false,
    besides others: [UInt64] = []
  ) {
    symbolicator = Symbolicator(images: graph.images)
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
    symbolicator.load(
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

  package func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    symbolicator.frames(at: returnAddress).map(Self.frame)
  }

  package func frames(resumedAt function: UInt64) -> [SymbolicatedFrame] {
    symbolicator.suspendedFrames(resumedAt: function).map(Self.frame)
  }

  private static func frame(_ frame: Symbolicator.Frame) -> SymbolicatedFrame {
    SymbolicatedFrame(
      function: frame.function,
      mangledName: frame.mangledName,
      file: frame.file,
      line: frame.line,
      column: frame.column,
      image: URL(fileURLWithPath: frame.image).lastPathComponent,
      isLibraryFrame: frame.isLibraryFrame
    )
  }

  package func global(at address: UInt64) -> String? { symbolicator.globalName(at: address) }

  package func closure(at functionAddress: UInt64) -> ClosureDescription? {
    symbolicator.closure(at: functionAddress).map {
      ClosureDescription(
        name: $0.name,
        file: $0.file,
        line: $0.line,
        capturesSelf: $0.capturesSelf,
        isOfToolchain: $0.isOfToolchain
      )
    }
  }
}
