internal import ELF
internal import HeapGraph

/// Tells blocks by the function that allocated them: a few symbols to find, and many call stacks that could have them.
struct StackMatcher {
  private let tables: RecorderTables
  private let images: ImageTable
  private let isMeant: (_ symbol: String, _ image: String) -> Bool
  private var answers: [UInt64: Bool] = [:]
  private var stackAnswers: [UInt32: Bool] = [:]

  /// libc's, the runtime's, and the recorder's own frames may come first.
  private static let depth = 5

  /// - Parameters:
  ///   - tables: the recorder's.
  ///   - images: the program's.
  ///   - isMeant: says whether a function, by its linker's name and the path of its image, is the one.
  init(
    _ tables: RecorderTables,
    _ images: ImageTable,
    isMeant: @escaping (_ symbol: String, _ image: String) -> Bool
  ) {
    self.tables = tables
    self.images = images
    self.isMeant = isMeant
  }

  /// Whether one of a call stack's innermost functions is meant.
  mutating func matches(_ stack: UInt32) -> Bool {
    if let known = stackAnswers[stack] { return known }
    let answer = (tables.callStacks[stack] ?? []).prefix(Self.depth).contains { address in
      if let known = answers[address] { return known }
      let path = images.entry(containing: address)?.image.path ?? ""
      let symbol = images.symbol(containing: address &- 1)?.name
      let isIt = symbol.map { isMeant($0, path) } ?? false
      answers[address] = isIt
      return isIt
    }
    stackAnswers[stack] = answer
    return answer
  }
}
