/// Cycles through generic classes with parameter packs: of several elements, of one, of none, beside a
/// parameter that is no pack, inside an array.
enum ParameterPacks {
  final class Record<each Element> {
    var count: Int8 = 0
    let elements: (repeat each Element)
    var last: Node?

    init(_ elements: repeat each Element) {
      self.elements = (repeat each elements)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Columns<Tag, each Element> {
    let tag: Tag
    let columns: (repeat [each Element])

    init(_ tag: Tag, _ elements: repeat each Element) {
      self.tag = tag
      columns = (repeat [each elements])
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Node {
    var record: AnyObject?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let nodes = (1...5).map { _ in Node() }
    nodes[0].record = Record(1 as Int8, nodes[0], "text")
    nodes[1].record = Record(nodes[1])
    nodes[2].record = Columns("tag", 2, nodes[2])
    let empty: Record<> = Record()
    empty.last = nodes[3]
    nodes[3].record = empty
    let single = Record(1)
    single.last = nodes[4]
    nodes[4].record = single
    return nodes
  }

  @inline(never)
  static func run() { use(make().count) }
}
