package import HeapGraph

/// What keeps the instances of a type alive.
package struct Explanation: Sendable {
  /// Instances that are held in the same way.
  package struct Group: Sendable {
    /// In order of address; the first is the one that `path` leads to.
    package var instances: [NodeIndex]
    package var path: RootPaths.Path
  }

  /// The type as it was asked for.
  package var query: String
  /// The types that it stands for, fully qualified; empty if no such type is live.
  package var types: [String]
  /// Most instances first.
  package var groups: [Group] = []
  /// Instances that are part of a finding.
  package var leaked: [NodeIndex] = []
  /// Other instances that no word outside leaks names: a count alone says that they are owned.
  package var unnamed: [NodeIndex] = []
  /// Types that were perhaps meant.
  package var suggestions: [String] = []
}

extension HeapAnalysis {
  /// Finds out what keeps the instances of some types alive, for `explanations`.
  ///
  /// A type is named in full (`App.Server.Connection`), without its module or outer types
  /// (`Connection`), with or without its generic arguments.
  package mutating func explain(_ queries: [String], in index: HeapIndex) {
    guard !queries.isEmpty else { return }
    let (graph, paths) = (index.graph, index.rootPaths)
    let leaked = Set(findings.flatMap(\.instances).flatMap { $0.core + $0.owned })
    explanations = queries.map { query in
      var explanation = Explanation(query: query, types: Self.types(matching: query, in: graph))
      if explanation.types.isEmpty {
        explanation.suggestions = Self.suggestions(for: query, in: graph)
        return explanation
      }
      let names = Set(explanation.types)
      let isMeant = graph.types.map { $0.kind != .raw && names.contains($0.name) }
      var groups: [UInt64: [NodeIndex]] = [:]
      for node in 0..<NodeIndex(graph.nodeCount) where isMeant[Int(graph.typeIndices[Int(node)])] {
        if leaked.contains(node) {
          explanation.leaked.append(node)
        } else if !paths.isReached(node) {
          explanation.unnamed.append(node)
        } else {
          groups[paths.shape(of: node), default: []].append(node)
        }
      }
      explanation.groups = groups.values.compactMap { instances in
        // The shortest path, in which a list's links count as one.
        let all = instances.prefix(100).compactMap { node in
          paths.path(to: node, in: graph).map { (node, $0) }
        }
        guard let (nearest, path) = all.min(by: { $0.1.steps.count < $1.1.steps.count }) else {
          return nil
        }
        return Explanation.Group(
          instances: [nearest] + instances.filter { $0 != nearest },
          path: path
        )
      }
      explanation.groups.sort {
        ($1.instances.count, $0.instances[0]) < ($0.instances.count, $1.instances[0])
      }
      return explanation
    }
  }

  private static func types(matching query: String, in graph: HeapGraph) -> [String] {
    let names = Set(graph.types.lazy.filter { $0.kind != .raw }.map(\.name))
    if names.contains(query) { return [query] }
    return names.filter { name in
      let plain = name.prefix { $0 != "<" }
      return plain == query || name.hasSuffix("." + query) || plain.hasSuffix("." + query)
    }.sorted()
  }

  private static func suggestions(for query: String, in graph: HeapGraph) -> [String] {
    let wanted = query.split(separator: ".").last?.lowercased() ?? query.lowercased()
    let names = Set(graph.types.lazy.filter { $0.kind == .classInstance }.map(\.name))
    return names.filter { $0.lowercased().contains(wanted) }.sorted().prefix(5).map { $0 }
  }
}
