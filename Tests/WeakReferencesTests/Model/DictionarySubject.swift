@testable import WeakReferences

/// What is special of one of the dictionaries.
protocol DictionaryKind {
  associatedtype Dictionary: WeakDictionary & Sendable
  typealias Key = Dictionary.Key
  typealias Value = Dictionary.Value

  static func key(in world: World) -> Key?
  static func value(in world: World) -> Value?
  /// A value that dies when the caller lets it go, if values can.
  static func passingValue(in world: World) -> Value
  static func number(ofKey key: Key) -> Int
  static func number(ofValue value: Value) -> Int
  /// The creature whose death takes the entry along.
  static func owner(ofKey key: Key) -> Int?
  static func owner(ofValue value: Value) -> Int?
}

struct DictionarySubject<Kind: DictionaryKind>: ModelSubject {
  private struct ModelEntry {
    var value: Int
    var keyOwner: Int?
    var valueOwner: Int?
  }

  private let dictionary: Kind.Dictionary
  private var model: [Int: ModelEntry] = [:]

  init(_ dictionary: Kind.Dictionary) { self.dictionary = dictionary }

  static func makeContainer() -> Kind.Dictionary { Kind.Dictionary() }

  var count: Int { dictionary.count }

  var entries: [Entry] { model.map { Entry(key: $0.key, value: $0.value.value) } }

  func makeIterator() -> AnyIterator<Entry> {
    var iterator = dictionary.makeIterator()
    return AnyIterator {
      iterator.next().map { Self.entry($0.key, $0.value) }
    }
  }

  private static func entry(_ key: Kind.Key, _ value: Kind.Value) -> Entry {
    Entry(key: Kind.number(ofKey: key), value: Kind.number(ofValue: value))
  }

  mutating func forget(_ id: Int) {
    for (key, entry) in model where entry.keyOwner == id || entry.valueOwner == id {
      model[key] = nil
    }
  }

  private mutating func store(_ value: Kind.Value, for key: Kind.Key) {
    // A key that is there stays, though an equal one comes.
    let number = Kind.number(ofKey: key)
    model[number] = ModelEntry(
      value: Kind.number(ofValue: value),
      keyOwner: model[number].map(\.keyOwner) ?? Kind.owner(ofKey: key),
      valueOwner: Kind.owner(ofValue: value)
    )
  }

  mutating func act(in world: World) throws -> Int? {
    guard let key = Kind.key(in: world), let value = Kind.value(in: world) else { return nil }
    let number = Kind.number(ofKey: key)
    let old = model[number]?.value
    switch world.random(13) {
    case 0, 1, 2:
      store(value, for: key)
      let replaced = dictionary.updateValue(value, forKey: key)
      try agree(replaced.map(Kind.number(ofValue:)), old, "updateValue(forKey: \(number))")
    case 3:
      store(value, for: key)
      dictionary[key] = value
    case 4:
      model[number] = nil
      let removed = dictionary.removeValue(forKey: key)
      try agree(removed.map(Kind.number(ofValue:)), old, "removeValue(forKey: \(number))")
    case 5:
      model[number] = nil
      dictionary[key] = nil
    case 6:
      if old == nil { store(value, for: key) }
      let found = dictionary.value(forKey: key) { value }
      try agree(
        Kind.number(ofValue: found),
        old ?? Kind.number(ofValue: value),
        "value(forKey: \(number))"
      )
    case 7:
      try passThrough(key, in: world)
    case 8:
      let found = dictionary[key, default: value]
      try agree(
        Kind.number(ofValue: found),
        old ?? Kind.number(ofValue: value),
        "subscript(\(number), default:)"
      )
    case 9:
      try agree(dictionary.contains(key: key), old != nil, "contains(key: \(number))")
    case 10:
      try actOnAll(in: world)
      return nil
    default:
      try agree(dictionary[key].map(Kind.number(ofValue:)), old, "subscript(\(number))")
      return nil
    }
    return number
  }

  /// Stores a value that nobody else holds.
  private mutating func passThrough(_ key: Kind.Key, in world: World) throws {
    let number = Kind.number(ofKey: key)
    let old = model[number]?.value
    var passing: Int?
    do {
      let found = dictionary.value(forKey: key) {
        let value = Kind.passingValue(in: world)
        passing = Kind.number(ofValue: value)
        return value
      }
      try agree(
        Kind.number(ofValue: found),
        old ?? passing ?? 0,
        "value(forKey: \(number), orInsert:)"
      )
      if old == nil { store(found, for: key) }
      if let owner = Kind.owner(ofValue: found), old == nil { forget(owner) }
    }
    settle()
  }

  private mutating func actOnAll(in world: World) throws {
    switch world.random(world.isShared ? 2 : 5) {
    case 0, 1:
      let pairs = world.some().compactMap { _ in
        Kind.key(in: world).flatMap { key in Kind.value(in: world).map { (key: key, value: $0) } }
      }
      for (key, value) in pairs { store(value, for: key) }
      dictionary.merge(pairs)
    case 2:
      let removed = dictionary.popFirst().map { Self.entry($0.key, $0.value) }
      try agree(removed == nil, model.isEmpty, "popFirst")
      if let removed {
        try agree(removed.value, model[removed.key]?.value ?? 0, "popFirst's value")
        model[removed.key] = nil
      }
    case 3:
      try agree(dictionary.copy().count, model.count, "the copy's count")
      settle()
    default:
      guard world.random(20) == 0 else { return }
      dictionary.removeAll()
      model = [:]
    }
  }
}

// MARK: - The kinds

enum WeakValues: DictionaryKind {
  typealias Dictionary = WeakValueDictionary<Int, Creature>
  static func key(in world: World) -> Int? { world.key() }
  static func value(in world: World) -> Creature? { world.creature() }
  static func passingValue(in world: World) -> Creature { world.stranger() }
  static func number(ofKey key: Int) -> Int { key }
  static func number(ofValue value: Creature) -> Int { value.id }
  static func owner(ofKey key: Int) -> Int? { nil }
  static func owner(ofValue value: Creature) -> Int? { value.id }
}

enum WeakKeys: DictionaryKind {
  typealias Dictionary = WeakKeyDictionary<Creature, Int>
  static func key(in world: World) -> Creature? { world.creature() }
  static func value(in world: World) -> Int? { world.key() }
  static func passingValue(in world: World) -> Int { world.key() }
  static func number(ofKey key: Creature) -> Int { key.id }
  static func number(ofValue value: Int) -> Int { value }
  static func owner(ofKey key: Creature) -> Int? { key.id }
  static func owner(ofValue value: Int) -> Int? { nil }
}

enum WeakHashableKeys: DictionaryKind {
  typealias Dictionary = WeakHashableKeyDictionary<Creature, Int>
  static func key(in world: World) -> Creature? { world.creature() }
  static func value(in world: World) -> Int? { world.key() }
  static func passingValue(in world: World) -> Int { world.key() }
  static func number(ofKey key: Creature) -> Int { key.name }
  static func number(ofValue value: Int) -> Int { value }
  static func owner(ofKey key: Creature) -> Int? { key.id }
  static func owner(ofValue value: Int) -> Int? { nil }
}

enum WeakKeysAndValues: DictionaryKind {
  typealias Dictionary = WeakKeyValueDictionary<Creature, Creature>
  static func key(in world: World) -> Creature? { world.creature() }
  static func value(in world: World) -> Creature? { world.creature() }
  static func passingValue(in world: World) -> Creature { world.stranger() }
  static func number(ofKey key: Creature) -> Int { key.id }
  static func number(ofValue value: Creature) -> Int { value.id }
  static func owner(ofKey key: Creature) -> Int? { key.id }
  static func owner(ofValue value: Creature) -> Int? { value.id }
}
