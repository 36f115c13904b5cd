package import HeapGraph

extension HeapAnalysis {
  /// Finds the leaks of a heap.
  ///
  /// Linear in blocks and references, but for sorting. Needs about 50 bytes for each block beside the
  /// graph, and more for what is leaked.
  ///
  /// - Parameters:
  ///   - graph: the heap.
  ///   - symbols: what the program's files say of its code.
  package init(of graph: HeapGraph, symbols: ProgramSymbols = .none) {
    let subtraction = Subtraction(of: graph)
    let components = Components(of: graph, subtraction)
    let leaks = Leaks(in: graph, subtraction, components)
    let code = CodeNames(symbols, graph.images)
    var assembly = FindingAssembly(graph, subtraction, components, leaks, code)
    self.init(
      findings: assembly.findings(),
      countsExplained: subtraction.countsExplained,
      countsUnexplained: subtraction.countsUnexplained,
      negative: subtraction.negative
    )
  }
}
