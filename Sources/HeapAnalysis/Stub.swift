package import HeapGraph
extension HeapAnalysis { package init(of graph: HeapGraph) {
  var ex = [UInt32](repeating: 0, count: graph.nodeCount)
  for n in 0..<graph.nodeCount where graph.states[n] == .live { for e in graph.edges(of: NodeIndex(n)) where graph.label(of: e).ownership == .strong { ex[Int(e.target)] += 1 } }
  var neg: [NodeIndex] = [], un = 0, exp = 0
  for n in 0..<graph.nodeCount where graph.states[n] == .live { if ex[n] == graph.strongCounts[n] { exp += 1 } else if ex[n] > graph.strongCounts[n] { neg.append(NodeIndex(n)); print("NEG", graph.type(of: NodeIndex(n)).name, ex[n], graph.strongCounts[n]) } else { un += 1; print("UNEXP", graph.type(of: NodeIndex(n)).name, ex[n], graph.strongCounts[n]) } }
  self.init(findings: [], countsExplained: exp, countsUnexplained: un, negative: neg) } }
