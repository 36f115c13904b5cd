@testable import WeakReferences

/// How one of the sets tells its elements apart.
protocol SetKind {
  associatedtype Elements: WeakSetOperations<Creature> & Sendable
  static func number(of creature: Creature) -> Int
}

enum ByIdentity: SetKind {
  typealias Elements = WeakSet<Creature>
  static func number(of creature: Creature) -> Int { creature.id }
}

enum ByEquality: SetKind {
  typealias Elements = WeakHashableSet<Creature>
  static func number(of creature: Creature) -> Int { creature.name }
}

struct SetSubject<Kind: SetKind>: ModelSubject {
  private let elements: Kind.Elements
  private var model: [Int: Int] = [:]

  init(_ elements: Kind.Elements) { self.elements = elements }

  static func makeContainer() -> Kind.Elements { Kind.Elements() }

  var count: Int { elements.count }

  var entries: [Entry] { model.map { Entry(key: $0.key, value: $0.value) } }

  func makeIterator() -> AnyIterator<Entry> {
    var iterator = elements.makeIterator()
    return AnyIterator {
      iterator.next().map { Entry(key: Kind.number(of: $0), value: $0.id) }
    }
  }

  mutating func forget(_ id: Int) {
    for (key, value) in model where value == id { model[key] = nil }
  }

  /// Whether the creature is new.
  private mutating func insert(_ creature: Creature) -> Bool {
    let number = Kind.number(of: creature)
    guard model[number] == nil else { return false }
    model[number] = creature.id
    return true
  }

  mutating func act(in world: World) throws -> Int? {
    guard let creature = world.creature() else { return nil }
    let number = Kind.number(of: creature)
    switch world.random(8) {
    case 0, 1, 2:
      try agree(elements.insert(creature), insert(creature), "insert(\(number))")
    case 3:
      let removed = model.removeValue(forKey: number)
      try agree(elements.remove(creature)?.id, removed, "remove(\(number))")
    case 4:
      // It goes at once.
      let stranger = world.stranger()
      let isNew = model[Kind.number(of: stranger)] == nil
      try agree(elements.insert(stranger), isNew, "insert a stranger")
    case 5:
      try actOnAll(in: world)
    default:
      try agree(elements.contains(creature), model[number] != nil, "contains(\(number))")
    }
    settle()
    return nil
  }

  private mutating func actOnAll(in world: World) throws {
    let some = world.some()
    switch world.random(world.isShared ? 3 : 7) {
    case 0:
      for creature in some { _ = insert(creature) }
      elements.formUnion(some)
    case 1:
      for creature in some { model[Kind.number(of: creature)] = nil }
      elements.subtract(some)
    case 2:
      let isDisjoint = !some.contains { model[Kind.number(of: $0)] != nil }
      try agree(elements.isDisjoint(with: some), isDisjoint, "isDisjoint")
    case 3:
      var once: [Int: Creature] = [:]
      for creature in some { once[Kind.number(of: creature)] = creature }
      for (number, creature) in once where model.removeValue(forKey: number) == nil {
        model[number] = creature.id
      }
      elements.formSymmetricDifference(once.values)
    case 4:
      let removed = elements.popFirst()
      let expected = removed.map { model.removeValue(forKey: Kind.number(of: $0)) }
      try agree(removed?.id, expected ?? model.first?.value, "popFirst")
    case 5:
      try agree(elements.copy().count, model.count, "the copy's count")
    default:
      guard world.random(10) == 0 else { return }
      let numbers = Set(some.map(Kind.number(of:)))
      model = model.filter { numbers.contains($0.key) }
      elements.formIntersection(some)
    }
  }
}
