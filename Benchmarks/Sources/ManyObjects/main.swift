// A heap of many live objects, to be captured and judged at exit: a forest of nodes with parents,
// names and children. One argument: how many nodes (each is one object, and one array per parent).

final class Node {
  weak var parent: Node?
  var children: [Node] = []
  let number: Int
  init(_ number: Int) { self.number = number }
}

nonisolated(unsafe) var forest: [Node] = []

let count = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 100_000 : 100_000
var made = 0
while made < count {
  let root = Node(made)
  for index in 0..<9 {
    let child = Node(made + index + 1)
    child.parent = root
    root.children.append(child)
  }
  forest.append(root)
  made += 10
}
precondition(forest.count == (count + 9) / 10)
