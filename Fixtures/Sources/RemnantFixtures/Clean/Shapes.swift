import Dispatch

/// What a leaky scenario makes, held by a global: nothing of it is leaked.
enum HeldShapes {
  nonisolated(unsafe) static var held: [AnyObject] = []

  @inline(never)
  static func hold(_ objects: [AnyObject]) {
    held = objects
    use(held.count)
  }
}

/// Objects that the compiler puts into the image's data, and arrays of literals: what they hold is
/// held.
enum StaticObjects {
  final class Config {
    let name = "config"
    var node: Node?
  }

  final class Node {
    var config: Config?
    var names: [String] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static let shared = Config()
  nonisolated(unsafe) static let table = [Config(), Config()]
  static let names = ["one", "two", "three"]
  nonisolated(unsafe) static let closures: [() -> Int] = [{ 1 }, { 2 }]

  @inline(never)
  static func run() {
    shared.node = Node()
    shared.node?.config = shared
    table[1].node = Node()
    table[1].node?.names = names
    use(closures[0]() + names.count)
  }
}

/// `async let` and groups of tasks in the middle of their work, at a continuation that a global holds.
enum SuspendedGroups {
  final class Item: Sendable {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @TaskLocal static var context: Item?
  nonisolated(unsafe) static var pending: [CheckedContinuation<Void, Never>] = []

  static func work(_ started: DispatchSemaphore) async {
    async let first = Item(number: 1)
    let local = await first
    await withTaskGroup(of: Item.self) { group in
      for number in 2...4 { group.addTask { Item(number: number) } }
      var items: [Item] = []
      for await item in group { items.append(item) }
      await withTaskGroup(of: Void.self) { inner in
        inner.addTask {
          let deepest = Item(number: 5)
          await withCheckedContinuation { continuation in
            SuspendedGroups.pending.append(continuation)
            started.signal()
          }
          use(deepest.number)
        }
      }
      use(items.count)
    }
    use(local.number + (context?.number ?? 0))
  }

  @inline(never)
  static func run() {
    let started = DispatchSemaphore(value: 0)
    $context.withValue(Item(number: 0)) {
      _ = Task { await work(started) }
    }
    started.wait()
    settleSuspension()
    use(pending.count)
  }
}
