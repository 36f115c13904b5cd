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
  ///   - includesStacks: whether every live block's call stack is told, not only the findings'.
  package init(graph: HeapGraph, analysis: HeapAnalysis, includesStacks: Bool = false) {
    symbolicator = Symbolicator(
      images: graph.images.map { ($0.path, $0.loadBias, $0.range) }
    )
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
    // The threads' frames as well: a word on a stack is told by its function.
    var code = stacks.flatMap { graph.callStacks[$0] ?? [] }
    code += graph.threads.flatMap(\.frames)
    for finding in analysis.findings where finding.kind == .stuckTask {
      code += (graph.taskFrames[finding.subject] ?? []).map { $0 + 1 }
    }
    symbolicator.load(
      returnAddresses: code,
      functions: Array(functions)
    )
  }

  package func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    symbolicator.frames(at: returnAddress).map {
      SymbolicatedFrame(
        function: $0.function,
        mangledName: $0.mangledName,
        file: $0.file,
        line: $0.line,
        column: $0.column,
        image: URL(fileURLWithPath: $0.image).lastPathComponent,
        isLibraryFrame: $0.isLibraryFrame
      )
    }
  }

  package func global(at address: UInt64) -> String? { symbolicator.globalName(at: address) }

  package func closure(at functionAddress: UInt64) -> ClosureDescription? {
    symbolicator.closure(at: functionAddress).map {
      ClosureDescription(
        name: $0.name,
        file: $0.file,
        line: $0.line,
        capturesSelf: $0.capturesSelf
      )
    }
  }
}
