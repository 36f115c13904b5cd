package import HeapGraph

/// What several analyses of one heap need, each part made when it is first asked for, and once.
///
/// Used by one thread at a time.
package final class HeapIndex {
  package let graph: HeapGraph
  package let options: AnalysisOptions
  let symbols: ProgramSymbols

  /// - Parameters:
  ///   - graph: the heap.
  ///   - symbols: what the program's files say of its code.
  ///   - options: what the caller knows of the program besides.
  package init(
    of graph: HeapGraph,
    symbols: ProgramSymbols = .none,
    options: AnalysisOptions = AnalysisOptions()
  ) {
    self.graph = graph
    self.symbols = symbols
    self.options = options
  }

  /// What the references that were read leave of each count.
  private(set) lazy var subtraction = Subtraction(of: graph)
  /// What no root reaches, by what holds each other.
  private(set) lazy var components = Components(of: graph, subtraction)
  /// What roots reach, and how.
  private(set) lazy var rootPaths = RootPaths(in: graph)
  /// What types and references are called in signatures.
  private(set) lazy var names = StableNames(of: graph)
  /// Whose code is at an address.
  private(set) lazy var code = CodeNames(symbols, graph.images)

  /// Whether a frame may own objects that no word names.
  private(set) lazy var framesOwnWithoutWords =
    options.framesOwnWithoutWords && graph.threads.contains(where: \.hasSwiftFrame)
}

/// What a caller knows of a program, and its heap doesn't say.
package struct AnalysisOptions: Sendable {
  /// Whether Swift code on a stack may own objects that no word names: the optimizer drops pointers, never counts.
  ///
  /// False for objects that can't be older than the frames, or are known to be needed by them: what owns one and goes on
  /// must name it, to release it.
  package var framesOwnWithoutWords: Bool

  package init(framesOwnWithoutWords: Bool = true) {
    self.framesOwnWithoutWords = framesOwnWithoutWords
  }
}
