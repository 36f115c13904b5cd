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
    self.init(of: HeapIndex(of: graph, symbols: symbols))
  }

  /// The same, where other analyses follow that need what this one finds out.
  package init(of index: HeapIndex) {
    let graph = index.graph
    let subtraction = index.subtraction
    var assembly = FindingAssembly(index, Leaks(of: index))
    var findings = assembly.findings()
    if !graph.isRuntimeKnown {
      for number in findings.indices {
        findings[number].confidence = min(findings[number].confidence, .checked)
      }
    }
    self.init(
      findings: findings,
      countsExplained: subtraction.countsExplained,
      countsUnexplained: subtraction.countsUnexplained,
      negative: subtraction.negative
    )
  }
}
