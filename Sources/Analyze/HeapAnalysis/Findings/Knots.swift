import HeapGraph

/// Knots: many objects of many classes that hold each other, as a channel, its pipeline, handlers, and event loop do.
///
/// No single reference of a knot is wrong: its objects are released when the one that the program made is closed. So a
/// knot is one finding, named after that object, and what leaks only because a knot holds it goes with the knot.
struct Knots {
  /// A cycle of fewer classes has a reference that is the wrong one.
  private static let fewestClasses = 5

  /// Of each leak: the object that the program made, where it is a knot.
  private(set) var heads: [NodeIndex?]
  /// Of each leak: the knot that it leaks because of; its own position where it is a finding of its own.
  private(set) var roots: [UInt32]

  init(
    of leaks: Leaks,
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components,
    _ code: CodeNames
  ) {
    let isOfKnot = graph.types.map {
      Remedy.knotTypes.contains(String($0.name.prefix { $0 != "<" }))
    }
    heads = leaks.all.map { leak in
      guard leak.kind == .retainCycle, leak.heads.isEmpty else { return nil }
      let members = components.members(of: leak.component)
      var classes: Set<UInt32> = []
      for node in members where graph.type(of: node).kind == .classInstance {
        classes.insert(graph.typeIndices[Int(node)])
      }
      guard classes.count >= Self.fewestClasses || classes.contains(where: { isOfKnot[Int($0)] })
      else { return nil }
      return Self.head(of: members, in: graph, code)
    }
    roots = leaks.all.indices.map(UInt32.init)
    if heads.contains(where: { $0 != nil }) {
      attach(leaks, in: graph, subtraction, components)
    }
  }

  /// The object that the program's own code made: with the fewest of its functions on the call stack, one that has a
  /// call to end it first, then the oldest.
  ///
  /// What a knot is made of is made by that object's initializer, or later.
  private static func head(
    of members: ArraySlice<NodeIndex>,
    in graph: HeapGraph,
    _ code: CodeNames
  ) -> NodeIndex? {
    func rank(_ node: NodeIndex) -> (Int, Int, UInt32) {
      (
        code.makers(of: node, in: graph).count.nonzero ?? .max,
        code.endingCall(of: graph.type(of: node)) == nil ? 1 : 0,
        graph.births[Int(node)]
      )
    }
    return members.filter { graph.type(of: $0).kind == .classInstance }
      .min { rank($0) < rank($1) }
  }

  private enum Holder {
    case none
    case knot(UInt32)
    case other

    func merged(with other: Holder) -> Holder {
      switch (self, other) {
      case (.none, let holder), (let holder, .none): holder
      case (.knot(let one), .knot(let two)): .knot(min(one, two))
      case (.other, _), (_, .other): .other
      }
    }
  }

  /// From the holders to what they hold, as components are numbered.
  private mutating func attach(
    _ leaks: Leaks,
    in graph: HeapGraph,
    _ subtraction: Subtraction,
    _ components: Components
  ) {
    var byComponent: [UInt32: [Int]] = [:]
    for (index, leak) in leaks.all.enumerated() {
      byComponent[leak.component, default: []].append(index)
    }
    var holders: [Holder] = Array(repeating: .none, count: components.count)
    for component in (0..<UInt32(components.count)).reversed() {
      var holder = holders[Int(component)]
      if let own = byComponent[component] {
        if case .knot(let knot) = holder {
          for index in own { roots[index] = knot }
        } else {
          holder = heads[own[0]] == nil ? .other : .knot(UInt32(own[0]))
        }
      }
      if case .none = holder { continue }
      components.forEachHeld(by: component, in: graph, subtraction) { held in
        holders[Int(held)] = holders[Int(held)].merged(with: holder)
      }
    }
  }
}

extension Int {
  fileprivate var nonzero: Int? { self == 0 ? nil : self }
}
