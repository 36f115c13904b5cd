/// The slack of an array after `removeAll(keepingCapacity:)` keeps stale words.
enum KeptCapacity: Scenario {
  static var name: String { "kept-capacity" }

  final class Item {
    var number = 1
    init() { Census.born(Item.self) }
    deinit { Census.died(Item.self) }
  }

  nonisolated(unsafe) static var items: [Item] = []

  @inline(never)
  static func run() {
    for _ in 0..<opaque(100) { items.append(Item()) }
    publish(items[0])
    items.removeAll(keepingCapacity: true)
    for _ in 0..<opaque(7) { items.append(Item()) }
    items.removeLast(opaque(2))
    publish(items[0])
  }
}

/// Buckets of a dictionary and a set whose entries were removed keep stale words.
enum RemovedEntries: Scenario {
  static var name: String { "removed-entries" }

  final class Item: Hashable {
    let number: Int

    init(_ number: Int) {
      self.number = number
      Census.born(Item.self)
    }

    deinit { Census.died(Item.self) }

    static func == (left: Item, right: Item) -> Bool { left.number == right.number }
    func hash(into hasher: inout Hasher) { hasher.combine(number) }
  }

  nonisolated(unsafe) static var table: [Int: Item] = [:]
  nonisolated(unsafe) static var members: Set<Item> = []

  @inline(never)
  static func run() {
    let count = opaque(200)
    for number in 0..<count {
      table[number] = Item(number)
      members.insert(Item(number))
    }
    for number in 0..<count where !number.isMultiple(of: 3) {
      table[number] = nil
      members.remove(Item(number))
    }
    if let item = table[0] { publish(item) }
  }
}
