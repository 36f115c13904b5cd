@testable import WeakReferences

struct ArraySubject: ModelSubject {
  private let array: WeakArray<Creature>
  private var model: [Int] = []

  init(_ array: WeakArray<Creature>) { self.array = array }

  static func makeContainer() -> WeakArray<Creature> { WeakArray() }

  static var isOrdered: Bool { true }

  var count: Int { array.count }

  var entries: [Entry] { model.map { Entry(key: $0, value: $0) } }

  func makeIterator() -> AnyIterator<Entry> {
    var iterator = array.makeIterator()
    return AnyIterator {
      iterator.next().map { Entry(key: $0.id, value: $0.id) }
    }
  }

  mutating func forget(_ id: Int) {
    model.removeAll { $0 == id }
  }

  mutating func act(in world: World) throws -> Int? {
    guard let creature = world.creature() else { return nil }
    switch world.random(world.isShared ? 6 : 10) {
    case 0, 1:
      model.append(creature.id)
      array.append(creature)
      return creature.id
    case 2, 3:
      let place = model.firstIndex(of: creature.id)
      try agree(array.remove(creature), place != nil, "remove(\(creature.id))")
      if let place { model.remove(at: place) }
      return creature.id
    case 4, 5:
      try agree(array.contains(creature), model.contains(creature.id), "contains(\(creature.id))")
    case 6:
      try agree(array.first?.id, model.first, "first")
    case 7:
      try agree(array.last?.id, model.last, "last")
    case 8:
      // They come again: an iteration may meet any of them twice.
      guard world.random(10) == 0 else { return nil }
      array.append(contentsOf: [creature, creature])
      model += [creature.id, creature.id]
      return creature.id
    default:
      guard world.random(20) == 0 else { return nil }
      array.removeAll()
      model = []
    }
    return nil
  }
}
