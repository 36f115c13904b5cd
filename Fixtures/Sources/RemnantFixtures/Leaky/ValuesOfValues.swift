protocol ValuesOfValuesPart {}

/// An object that owns itself through one property after the other: collections of existentials, of
/// enums, of closures, and the standard library's views of collections.
enum ValuesOfValues {
  struct Small: ValuesOfValuesPart {
    var node: Node
  }

  struct Large: ValuesOfValuesPart {
    var first = 1
    var second = 2
    var third = 3
    var node: Node
  }

  enum Slot {
    case one(Node)
    case number(Int)
    case two(Node, Node)
    case empty
  }

  final class Node {
    var existentials: ContiguousArray<any ValuesOfValuesPart> = []
    var slice: ArraySlice<Node> = []
    var optionals: [Slot?] = []
    var doubly: [Slot??] = []
    var closures: [String: [() -> Void]] = [:]
    var pair: (left: [Node?], right: [String: (Int, Node)])?
    var mapped: LazyMapSequence<[Node], Int>?
    var reversed: ReversedCollection<[Node]>?
    var iterator: IndexingIterator<[Node]>?
    var sequence: AnySequence<Node>?
    var collection: AnyCollection<Node>?
    var repeated: Repeated<Node>?
    var values: Dictionary<Int, Node>.Values?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let nodes = (1...13).map { _ in Node() }
    nodes[0].existentials = [Small(node: nodes[0]), Large(node: nodes[0])]
    nodes[1].slice = [nodes[1], nodes[1], nodes[1]][1...]
    nodes[2].optionals = [.one(nodes[2]), nil, .two(nodes[2], nodes[2]), .empty, .number(1)]
    nodes[3].doubly = [.one(nodes[3]), nil, .some(nil), .two(nodes[3], nodes[3])]
    nodes[4].closures["key"] = [{ [node = nodes[4]] in node.slice = [] }]
    nodes[5].pair = ([nil, nodes[5]], ["key": (1, nodes[5])])
    nodes[6].mapped = [nodes[6]].lazy.map { _ in 1 }
    nodes[7].reversed = [nodes[7]].reversed()
    nodes[8].iterator = [nodes[8]].makeIterator()
    nodes[9].sequence = AnySequence([nodes[9]])
    nodes[10].collection = AnyCollection([nodes[10]])
    nodes[11].repeated = repeatElement(nodes[11], count: 3)
    nodes[12].values = [1: nodes[12]].values
    return nodes
  }

  @inline(never)
  static func run() { use(make().count) }
}
