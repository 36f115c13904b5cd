package import HeapGraph

extension HeapAnalysis {
  /// Finds the leaks of a heap.
  ///
  /// Linear in blocks and references, but for sorting. Needs about 50 bytes for each block beside the
  /// graph, and more for what is leaked.
  package init(of graph: HeapGraph) {
    let subtraction = Subtraction(of: graph)
    let components = Components(of: graph, subtraction)
    let leaks = Leaks(in: graph, subtraction, components)
    var assembly = FindingAssembly(graph, subtraction, components, leaks)
    self.init(
      findings: assembly.findings(),
      countsExplained: subtraction.countsExplained,
      countsUnexplained: subtraction.countsUnexplained,
      negative: subtraction.negative
    )
  }
}
