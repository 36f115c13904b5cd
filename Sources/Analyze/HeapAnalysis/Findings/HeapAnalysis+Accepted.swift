package import HeapGraph

extension HeapAnalysis {
  /// Leaves out the instances that the program itself accepts: all of whose objects were allocated in scopes that
  /// say so, or one of which a test tracks in a mode that accepts it.
  ///
  /// A finding that has no others stays, to be told as accepted.
  ///
  /// - Returns: The signatures of those findings.
  package mutating func divideAccepted(in graph: HeapGraph) -> Set<String> {
    func scope(of node: NodeIndex) -> UInt16 { graph.scopes[graph.stackIDs[Int(node)]] ?? 0 }
    func isAccepted(_ instance: Finding.Instance) -> Bool {
      instance.core.allSatisfy { scope(of: $0) & HeapGraph.acceptedScopes != 0 }
        || (instance.core + instance.owned).contains { scope(of: $0) == HeapGraph.adoptedScope }
    }
    var accepted: Set<String> = []
    for index in findings.indices where !findings[index].instances.isEmpty {
      if findings[index].instances.allSatisfy(isAccepted) {
        accepted.insert(findings[index].signature)
      } else {
        findings[index].instances.removeAll(where: isAccepted)
      }
    }
    return accepted
  }
}
