internal import ELF
internal import HeapGraph

/// Tells blocks by the function that allocated them: a few symbols to find, and many call stacks that could have them.
struct StackMatcher {
  private let tables: AllocationTable
  private let images: ImageTable
  private let isMeant: Test
  private let isPassedOver: Test?
  private var answers: [UInt64: Verdict] = [:]
  private var stackAnswers: [UInt32: Bool] = [:]

  /// A function, by its linker's name and the path of its image.
  typealias Test = (_ symbol: String?, _ image: String) -> Bool

  private enum Verdict { case isMeant, passesOn, isOther }

  /// libc's, the runtime's, and the recorder's own frames may come first.
  private static let depth = 5

  /// - Parameters:
  ///   - tables: the recorder's.
  ///   - images: the program's.
  ///   - isMeant: says whether a function is the one.
  ///   - isPassedOver: says which functions may come before it; nil for any, up to some depth.
  init(
    _ tables: AllocationTable,
    _ images: ImageTable,
    isMeant: @escaping Test,
    passingOver isPassedOver: Test? = nil
  ) {
    self.tables = tables
    self.images = images
    self.isMeant = isMeant
    self.isPassedOver = isPassedOver
  }

  /// Whether one of a call stack's innermost functions is meant.
  mutating func matches(_ stack: UInt32) -> Bool {
    if let known = stackAnswers[stack] { return known }
    var answer = false
    for address in (tables.callStacks[stack] ?? []).prefix(Self.depth) {
      let verdict = self.verdict(on: address)
      answer = verdict == .isMeant
      if verdict != .passesOn { break }
    }
    stackAnswers[stack] = answer
    return answer
  }

  private mutating func verdict(on address: UInt64) -> Verdict {
    if let known = answers[address] { return known }
    let path = images.entry(containing: Address(address))?.image.path ?? ""
    let symbol = images.symbol(containing: Address(address) - 1)?.name
    let verdict: Verdict =
      if isMeant(symbol, path) {
        .isMeant
      } else if let isPassedOver, !isPassedOver(symbol, path) {
        .isOther
      } else {
        .passesOn
      }
    answers[address] = verdict
    return verdict
  }
}
