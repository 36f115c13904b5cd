import HeapGraph

/// One cause of leaked memory, before leaks of the same shape are gathered into a finding.
struct Leak {
  /// What else has to be said about a leak.
  struct Doubts: OptionSet {
    let rawValue: UInt16

    static let negativeCount = Doubts(rawValue: 1)
    static let swiftFrame = Doubts(rawValue: 2)
    static let hiddenHolder = Doubts(rawValue: 4)
    static let sharedMembers = Doubts(rawValue: 8)
    static let untypedWords = Doubts(rawValue: 16)
    static let noResumer = Doubts(rawValue: 32)
    static let heldByLeak = Doubts(rawValue: 64)
    static let unfinished = Doubts(rawValue: 128)

    /// Those that leave something open.
    static let open: Doubts = [.negativeCount, .swiftFrame, .hiddenHolder]
    /// Those that were looked into: what they are about was read as words, not as types.
    static let settled: Doubts = [.untypedWords, .noResumer, .unfinished]

    /// A sentence for each.
    ///
    /// - Parameters:
    ///   - kind: that of the leak.
    ///   - hiddenHolders: what else could hold blocks, and can't be read.
    /// - Returns: sentences that a report shows.
    func sentences(of kind: FindingKind, hiddenHolders: [String]) -> [String] {
      var sentences: [String] = []
      if contains(.negativeCount) {
        sentences.append(
          "A member's strong count is smaller than the references found: a layout was misread."
        )
      }
      if contains(.swiftFrame) {
        sentences.append(
          "Swift code is still on a stack: optimized code can own the object without storing it."
        )
      }
      if contains(.hiddenHolder) {
        let holders = hiddenHolders.joined(separator: ", ")
        sentences.append("A reference may be kept where it can't be read: \(holders).")
      }
      if contains(.untypedWords) {
        sentences.append("Memory that no type describes may hold the remaining references.")
      }
      if contains(.noResumer) {
        sentences.append(
          "Nothing in the program's memory refers to the task, or to anything that could resume it."
        )
      }
      if contains(.unfinished) {
        sentences.append(
          "An init or deinit of a member's type was running: one of the objects may be incomplete."
        )
      }
      if contains(.heldByLeak) {
        sentences.append(
          kind == .retainCycle
            ? "Another leak holds it, too: fixing that one alone doesn't free this one."
            : "Another leak holds it: fix that one first, and this one may be gone."
        )
      }
      if contains(.sharedMembers) {
        sentences.append("Some of the objects are held by several of the leaks.")
      }
      return sentences
    }
  }

  let kind: FindingKind
  let component: UInt32
  /// The objects whose own count keeps the component alive, in order of address.
  ///
  /// Of a cycle: the part of its component that it is, or nothing where it is all of it.
  let heads: [NodeIndex]
  /// The task that waits, as a position in `HeapGraph.tasks`.
  var task: Int?
  /// Of the oldest member of the core; of a cycle beside waiting tasks: not before theirs.
  var birth: UInt32
  var doubts: Doubts
  /// What version 0.1 took it for; nil where it saw no leak.
  var former: Former?

  /// A leak as version 0.1 saw it: its baselines know leaks by that.
  struct Former {
    var kind: FindingKind
    var heads: [NodeIndex]
  }

  /// Whether a member of the component is the leak's cause, or only held by it.
  func isCore(_ node: NodeIndex) -> Bool {
    heads.isEmpty || heads.containsSorted(node)
  }
}
