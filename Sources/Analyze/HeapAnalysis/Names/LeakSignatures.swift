import HeapGraph

/// What stays the same of a leak across runs, folders, machines, and rebuilds of one configuration, as a hash.
struct LeakSignatures {
  private let graph: HeapGraph
  private let names: StableNames
  private let code: CodeNames

  init(of graph: HeapGraph, _ names: StableNames, _ code: CodeNames) {
    self.graph = graph
    self.names = names
    self.code = code
  }

  /// Hashes the kind, what the leak is headed by, and its cycle.
  ///
  /// A stuck task is identified by its function and its `await`; an object of the toolchain's by what of the program's it
  /// keeps, too: without that it is the toolchain's own leak, and no other one's.
  func signature(
    of leak: Leak,
    head: NodeIndex?,
    cycle: [Hop],
    keeping owned: ArraySlice<NodeIndex>
  ) -> StableHash {
    var signature = StableHash(leak.kind.rawValue)
    if let task = leak.task {
      for name in place(of: task) { signature.combine(name) }
    } else if let head {
      combine(head, into: &signature)
      if isInstance(head, ofToolchain: true) {
        let own = owned.filter { isInstance($0, ofToolchain: false) }
        for type in Set(own.map { names.type(of: $0, in: graph) }).sorted() {
          signature.combine(type)
        }
      }
    }
    for token in TypeLevelCycle(cycle, graph, names).tokens { signature.combine(token) }
    return signature
  }

  /// Whether an object is an instance of a class of the toolchain's, or of another one.
  private func isInstance(_ node: NodeIndex, ofToolchain isOfToolchain: Bool) -> Bool {
    let type = graph.type(of: node)
    return type.kind == .classInstance && type.isOfToolchain == isOfToolchain
  }

  /// A knot is identified by the object that the program made: which others are in it differs from one to the next.
  func signature(ofKnot head: NodeIndex) -> StableHash {
    var signature = StableHash("knot")
    signature.combine(String(graph.type(of: head).name.prefix { $0 != "<" }))
    return signature
  }

  /// What version 0.1 gave the same leak; nil where it saw none.
  func formerSignature(of leak: Leak, cycle: [Hop]) -> StableHash? {
    guard let former = leak.former else { return nil }
    var signature = StableHash(former.kind.rawValue)
    if let head = graph.oldest(former.heads) { signature.combine(names.type(of: head, in: graph)) }
    if former.kind == leak.kind {
      for token in TypeLevelCycle(cycle, graph, names).tokens { signature.combine(token) }
    }
    return signature
  }

  /// Adds what identifies the object: its type, where that says enough.
  ///
  /// Objects that the compiler made have types that say little. The function that made a closure identifies it; what they
  /// hold identifies storage and boxes.
  private func combine(_ head: NodeIndex, into signature: inout StableHash) {
    let type = graph.type(of: head)
    switch type.kind {
    case .classInstance, .opaque, .asyncTask, .errorBox, .foreign, .raw:
      signature.combine(names.type(of: head, in: graph))
    case .collectionStorage, .box: signature.combine(type.name)
    case .closureContext, .cBlock:
      signature.combine(type.name)
      for address in maker(of: head).suffix(1) { signature.combine(code.name(at: address)) }
    }
  }

  /// The innermost functions that allocated a block, up to the program's own.
  func maker(of node: NodeIndex) -> [UInt64] {
    code.ownPart(of: (graph.callStacks[graph.stackIDs[Int(node)]] ?? []).map { $0 &- 1 })
  }

  /// The functions that a task is suspended in, up to the program's own, which name the `await`, too: each has a part of
  /// its own.
  private func place(of number: Int) -> [String] {
    let task = graph.tasks[number]
    // However deep a function that calls itself is in.
    var frames: [UInt64] = []
    for function in task.frames where function != frames.last { frames.append(function) }
    let own = code.ownPart(of: frames)
    if !own.isEmpty { return own.map(withoutCloneNumber) }
    // None of the program's functions waits: then the signature has what waits, and what made the task.
    return frames.prefix(1).map(withoutCloneNumber)
      + maker(of: task.node).suffix(1).map(withoutCloneNumber)
  }

  /// LLVM numbers functions whose names clash (`.22`), as they come.
  private func withoutCloneNumber(_ address: UInt64) -> String {
    let name = code.name(at: address)
    guard name.hasPrefix("$s"), let dot = name.lastIndex(of: "."),
      name[name.index(after: dot)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<dot])
  }
}

extension HeapGraph {
  /// The first that was allocated.
  func oldest(_ nodes: [NodeIndex]) -> NodeIndex? {
    nodes.min { (births[Int($0)], $0) < (births[Int($1)], $1) }
  }
}
