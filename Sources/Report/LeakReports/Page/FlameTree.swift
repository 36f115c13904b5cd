/// Bytes by function and what it called, for the page's flame graph.
///
/// Call stacks that begin alike share their outer frames. What is encoded are columns, an entry for
/// each node: a tenth of nested objects. Left out is what nobody could see: a large program has a
/// hundred thousand call stacks, and the page's graph a thousand pixels.
struct FlameTree: Encodable {
  private enum Limit {
    /// Nodes with a smaller part of all bytes, live or leaked, are narrower than a pixel.
    static let share = 4_000
    static let nodes = 20_000
    /// The outermost frames of a stack: a recursion has the others.
    static let depth = 200
  }

  /// Whether there are live bytes, and not only leaked ones.
  let hasLive: Bool
  private(set) var names: [String] = []
  /// Of a name: 1 for code of the system or the toolchain.
  private(set) var libraries: [Int] = []
  /// The index of each node's caller, which stands before it; -1 for the first, which is everything.
  private(set) var parents: [Int] = []
  /// The index of each node's name.
  private(set) var functions: [Int] = []
  private(set) var live: [Int] = []
  private(set) var leaked: [Int] = []

  /// Whether no call stack has any bytes.
  var isEmpty: Bool { parents.count < 2 || live[0] + leaked[0] == 0 }

  init(_ profile: StackProfile) {
    hasLive = profile.hasLive
    let tree = CallTree(profile.samples, depth: Limit.depth)
    let root = tree.nodes[0]
    var share = Limit.share
    func isWide(_ node: CallTree.Node) -> Bool {
      node.live > root.live / share || node.leaked > root.leaked / share
    }
    while share > 1, tree.nodes.count(where: isWide) > Limit.nodes { share /= 2 }
    var places: [Int: Int] = [:]
    var numbers: [Int: Int] = [:]
    for (index, node) in tree.nodes.enumerated() where index == 0 || isWide(node) {
      // A node has no more bytes than its caller: what stays has a caller that stays.
      places[index] = parents.count
      parents.append(places[node.caller] ?? -1)
      live.append(node.live)
      leaked.append(node.leaked)
      if numbers[node.function] == nil {
        numbers[node.function] = names.count
        names.append(tree.functions[node.function].name)
        libraries.append(tree.functions[node.function].isLibrary ? 1 : 0)
      }
      functions.append(numbers[node.function, default: 0])
    }
  }
}

/// All call stacks, merged from the outside in.
private struct CallTree {
  struct Function: Hashable {
    var name: String
    var isLibrary = false
  }

  struct Node {
    /// Stands before it.
    var caller: Int
    var function: Int
    var live = 0
    var leaked = 0
  }

  private struct Call: Hashable {
    var caller: Int
    var function: Int
  }

  /// The first is everything.
  private(set) var nodes: [Node]
  private(set) var functions: [Function] = []
  private var numbers: [Function: Int] = [:]
  private var places: [Call: Int] = [:]

  init(_ samples: [StackProfile.Sample], depth: Int) {
    nodes = []
    nodes = [Node(caller: -1, function: number(of: Function(name: "all")))]
    for sample in samples where sample.liveBytes > 0 || sample.leakedBytes > 0 {
      var node = 0
      add(sample, to: node)
      if sample.frames.isEmpty {
        node = callee(Function(name: "(no call stack)"), of: node)
        add(sample, to: node)
      }
      for frame in sample.frames.suffix(depth).reversed() {
        node = callee(Function(name: frame.function, isLibrary: frame.library), of: node)
        add(sample, to: node)
      }
    }
  }

  /// Saved reports are hostile too: `JSONText` keeps sums of their numbers from overflowing.
  private mutating func add(_ sample: StackProfile.Sample, to node: Int) {
    nodes[node].live += sample.liveBytes
    nodes[node].leaked += sample.leakedBytes
  }

  private mutating func callee(_ function: Function, of caller: Int) -> Int {
    let call = Call(caller: caller, function: number(of: function))
    if let known = places[call] { return known }
    places[call] = nodes.count
    nodes.append(Node(caller: call.caller, function: call.function))
    return nodes.count - 1
  }

  private mutating func number(of function: Function) -> Int {
    if let known = numbers[function] { return known }
    numbers[function] = functions.count
    functions.append(function)
    return functions.count - 1
  }
}
