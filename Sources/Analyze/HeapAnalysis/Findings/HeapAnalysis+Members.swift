package import HeapGraph

extension HeapAnalysis {
  /// Kinds whose members count as leaked.
  package static let leakKinds: Set<FindingKind> = [
    .retainCycle, .unbalancedRetain, .unreachable, .stuckTask,
  ]

  /// Every block of every leak that is at least `checked`, each once, in order of address.
  package var leakedNodes: [NodeIndex] {
    var nodes: [NodeIndex] = []
    for finding in findings
    where Self.leakKinds.contains(finding.kind) && finding.confidence >= .checked {
      for instance in finding.instances { nodes += instance.core + instance.owned }
    }
    return nodes.sorted()
  }
}

extension Finding {
  /// Members of one type and role.
  package struct MemberGroup: Sendable, Equatable {
    package enum Role: String, Sendable {
      case cycle, owned
    }

    /// Index into `HeapGraph.types`.
    package var typeIndex: UInt32
    package var role: Role
    package var count: Int
    package var bytes: UInt64
  }

  /// The members of all instances by type: the core first, then those with the most bytes.
  package func memberGroups(in graph: HeapGraph) -> [MemberGroup] {
    groups(in: graph, .cycle, \.core) + groups(in: graph, .owned, \.owned)
  }

  private func groups(
    in graph: HeapGraph,
    _ role: MemberGroup.Role,
    _ nodes: KeyPath<Instance, [NodeIndex]>
  ) -> [MemberGroup] {
    var groups: [UInt32: MemberGroup] = [:]
    for instance in instances {
      for node in instance[keyPath: nodes] {
        let type = graph.typeIndices[Int(node)]
        groups[
          type,
          default: MemberGroup(typeIndex: type, role: role, count: 0, bytes: 0)
        ].count += 1
        groups[type]?.bytes += graph.sizes[Int(node)]
      }
    }
    return groups.values.sorted {
      let left = graph.types[Int($0.typeIndex)].name
      let right = graph.types[Int($1.typeIndex)].name
      return $0.bytes == $1.bytes
        ? (left, $0.typeIndex) < (right, $1.typeIndex) : $0.bytes > $1.bytes
    }
  }
}
