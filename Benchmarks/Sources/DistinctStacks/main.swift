// The hard case for whoever keeps call stacks: trees that are built and dropped, so that 65,000 call
// stacks come in turn. 2.5 million allocations. One argument: how many threads do it at once.

import Foundation

final class Tree {
  var left: Tree?
  var right: Tree?
  var label: [Int]
  let visit: (Int) -> Int

  init(depth: Int) {
    label = [depth, depth + 1]
    let local = depth
    visit = { $0 &+ local }
    if depth > 0 {
      left = Tree(depth: depth - 1)
      right = Tree(depth: depth - 1)
    }
  }

  func sum() -> Int {
    visit(label[0]) &+ (left?.sum() ?? 0) &+ (right?.sum() ?? 0)
  }
}

@inline(never) func work(_ rounds: Int) -> Int {
  var total = 0
  for round in 0..<rounds {
    let tree = Tree(depth: 13)
    total &+= tree.sum() &+ round
  }
  return total
}

let threads = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1 : 1
DispatchQueue.concurrentPerform(iterations: threads) { _ in
  let total = work(51)
  precondition(total != 0)
}
