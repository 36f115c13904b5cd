import HeapGraph

/// A cycle as types and names: what remains of it when indices, storage and repetitions are left out.
///
/// A reference into a collection and the one from its storage to an element are one step, as
/// `children[]`; a step, or up to four, that follow themselves at once are one; and of a ring that
/// consists of one part only that part remains.
struct TypeLevelCycle {
  /// What a person is shown: the whole cycle while it can be taken in at a glance, otherwise the
  /// references that remain, in the canonical order.
  let hops: [Hop]
  /// One for each step of a person's eye: a block that isn't storage, and the names that follow.
  let tokens: [UInt64]

  /// Steps of a cycle that is shown whole, with its repetitions.
  private static let longestShown = 12

  init(_ cycle: [Hop], _ graph: HeapGraph, _ names: StableNames) {
    let steps = Self.steps(cycle, graph)
    let tokens = steps.map { Self.token($0, graph, names) }
    let kept = Self.withoutRepetition(tokens)
    hops = (steps.count <= Self.longestShown ? Array(tokens.indices) : kept).flatMap { steps[$0] }
    self.tokens = kept.map { tokens[$0] }
  }

  /// The same cycle from its oldest object on.
  func hopsFromOldest(in graph: HeapGraph) -> [Hop] {
    var oldest: (position: Int, birth: UInt32)?
    for (position, hop) in hops.enumerated() where graph.type(of: hop.from).kind == .classInstance {
      let birth = graph.births[Int(hop.from)]
      if let oldest, oldest.birth <= birth { continue }
      oldest = (position, birth)
    }
    guard let start = oldest?.position else { return hops }
    return Array(hops[start...] + hops[..<start])
  }

  private static func steps(_ cycle: [Hop], _ graph: HeapGraph) -> [ArraySlice<Hop>] {
    func isStorage(_ hop: Hop) -> Bool { graph.type(of: hop.from).kind == .collectionStorage }
    guard let start = cycle.firstIndex(where: { !isStorage($0) }) else {
      return cycle.indices.map { cycle[$0...$0] }
    }
    let rotated = Array(cycle[start...] + cycle[..<start])
    var steps: [ArraySlice<Hop>] = []
    var first = 0
    for index in rotated.indices.dropFirst() where !isStorage(rotated[index]) {
      steps.append(rotated[first..<index])
      first = index
    }
    steps.append(rotated[first...])
    return steps
  }

  private static func token(
    _ step: ArraySlice<Hop>,
    _ graph: HeapGraph,
    _ names: StableNames
  ) -> UInt64 {
    var hash = StableHash()
    for (position, hop) in step.enumerated() {
      if position == 0 { hash.combine(names.type(of: hop.from, in: graph)) }
      hash.combine(names.reference(graph.edges[hop.edgeIndex], from: hop.from, in: graph))
    }
    return hash.value
  }

  /// The positions that remain, from the canonical start: the rarest step, then the smallest order.
  static func withoutRepetition(_ tokens: [UInt64]) -> [Int] {
    var frequencies: [UInt64: Int] = [:]
    for token in tokens { frequencies[token, default: 0] += 1 }
    let ranks = tokens.map { (frequencies[$0] ?? 0, $0) }
    let start = leastRotation(ranks.count) { ranks[$0] < ranks[$1] }
    var kept = tokens.indices.map { (start + $0) % tokens.count }
    kept.removeSubrange(period(of: kept.map { tokens[$0] })...)
    for length in 1...4 {
      var result: [Int] = []
      for position in kept {
        result.append(position)
        guard result.count >= 2 * length else { continue }
        let last = result.suffix(length)
        let before = result.dropLast(length).suffix(length)
        if last.elementsEqual(before, by: { tokens[$0] == tokens[$1] }) {
          result.removeLast(length)
        }
      }
      kept = result
    }
    return kept
  }

  /// The start of the smallest of a sequence's rotations, in linear time: two candidates race, and
  /// the one that loses at a distance skips that distance.
  private static func leastRotation(_ count: Int, _ isLess: (Int, Int) -> Bool) -> Int {
    var first = 0
    var second = 1
    var distance = 0
    while first < count, second < count, distance < count {
      let left = (first + distance) % count
      let right = (second + distance) % count
      if isLess(left, right) {
        second += distance + 1
        distance = 0
      } else if isLess(right, left) {
        first += distance + 1
        distance = 0
      } else {
        distance += 1
        continue
      }
      if first == second { second += 1 }
    }
    return min(first, second)
  }

  /// The length of the shortest part that, repeated, is the whole: by the failure function of Knuth,
  /// Morris and Pratt.
  private static func period(of tokens: [UInt64]) -> Int {
    var borders = Array(repeating: 0, count: tokens.count)
    var border = 0
    for index in tokens.indices.dropFirst() {
      while border > 0 && tokens[index] != tokens[border] { border = borders[border - 1] }
      if tokens[index] == tokens[border] { border += 1 }
      borders[index] = border
    }
    let period = tokens.count - (borders.last ?? 0)
    return period > 0 && tokens.count % period == 0 ? period : tokens.count
  }
}
