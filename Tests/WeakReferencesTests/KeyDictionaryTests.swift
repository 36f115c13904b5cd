import Foundation
import Testing

@testable import WeakReferences

/// CPython's tests of `WeakKeyDictionary`, and what is different with keys found by `==` and with weak values.
@Suite struct KeyDictionaryTests {
  private func make(_ count: Int = 10) -> (WeakKeyDictionary<Item, String>, [Item]) {
    let items = (0..<count).map { Item($0) }
    return (WeakKeyDictionary(items.map { (key: $0, value: "\($0.number)") }), items)
  }

  @Test("K1 a key is held by one weak reference, and finds its value")
  func k1() {
    let (dictionary, items) = make()
    for item in items { #expect(dictionary[item] == "\(item.number)") }
    #expect(dictionary[Item(1)] == nil)
    withExtendedLifetime(items) {}
  }

  @Test("K2 the count is exact after deaths, and the value goes with its key")
  func k2() {
    let keys = Box((0..<5).map { Item($0) })
    let dictionary = WeakKeyDictionary<Item, Item>()
    var sentinels: [WeakRef<Item>] = []
    for key in keys.value ?? [] {
      let value = Item(key.number)
      sentinels.append(WeakRef(value))
      dictionary[key] = value
    }
    #expect(dictionary.copy() == dictionary)
    keys.value = keys.value.map { Array($0.dropLast()) }
    settle()
    #expect(dictionary.count == 4)
    #expect(sentinels.map(\.isAlive) == [true, true, true, true, false])
    keys.value = nil
    settle()
    #expect(dictionary.count == 0)
    #expect(sentinels.allSatisfy { !$0.isAlive })
  }

  @Test("K3 something else than the keys' type can't be looked up")
  func k3() throws {
    try expectRefused(
      "_ = keys[34]",
      because: "cannot convert value of type 'Int' to expected argument type 'Item'",
      butNot: "_ = keys[item]"
    )
    try expectRefused(
      "_ = WeakKeyDictionary<Int, String>()",
      because: "requires that 'Int' be a class type",
      butNot: "_ = WeakKeyDictionary<Item, Int>()"
    )
  }

  @Test("K4 keys are found by identity, or by == where the type says so")
  func k4() {
    let key = Item(1)
    let identity = WeakKeyDictionary([(key: key, value: "a")])
    let equality = WeakHashableKeyDictionary([(key: key, value: "a")])
    #expect(identity[Item(1)] == nil)
    #expect(equality[Item(1)] == "a")
    equality[Item(1)] = "b"
    #expect(equality[key] == "b")
    #expect(equality.count == 1)
    #expect(equality.keys.first === key)
    #expect(equality.removeValue(forKey: Item(1)) == "b")
    #expect(equality.isEmpty)
    withExtendedLifetime(key) {}
  }

  @Test("K5 iterating, and weak references to the keys")
  func k5() {
    let (dictionary, items) = make()
    #expect(Set(dictionary.keys.map(\.number)) == Set(0..<10))
    #expect(Set(dictionary.values) == Set((0..<10).map(String.init)))
    for reference in dictionary.keyReferences {
      #expect(reference.object.map { dictionary.contains(key: $0) } == true)
    }
    #expect(dictionary.keyReferences.count == 10)
    for (key, value) in dictionary { #expect("\(key.number)" == value) }
    withExtendedLifetime(items) {}
  }

  @Test("K6 keys die, and entries change, during an iteration")
  func k6() {
    var (dictionary, items) = make()
    var iterator = dictionary.makeIterator()
    var seen = iterator.next().map { [$0.key.number] } ?? []
    items.removeLast()
    settle()
    #expect(dictionary.count == 9)
    let new = Item(9)
    dictionary[new] = "new"
    #expect(dictionary[new] == "new")
    while let (key, _) = iterator.next() { seen.append(key.number) }
    #expect([9, 10].contains(seen.count))
    dictionary.removeAll()
    #expect(dictionary.count == 0)
    withExtendedLifetime((items, new)) {}
  }

  @Test("K7 the count after a batch of deaths, and while another thread kills")
  func k7() async {
    var (dictionary, items) = make(100)
    do {
      var iterator = dictionary.makeIterator()
      _ = iterator.next()
      #expect(items.count == 100)
      items = []
      settle()
      #expect(dictionary.count <= 1)
    }
    #expect(dictionary.count == 0)
    let shared = WeakKeyDictionary<Item, Int>()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for number in 0..<5_000 { shared[Item(number)] = number } }
      group.addTask { for _ in 0..<5_000 { precondition((0...5_000).contains(shared.count)) } }
    }
    settle()
    #expect(shared.count == 0)
  }

  @Test("K8 it can be made from pairs and from another weak one")
  func k8() {
    let (first, items) = make(3)
    let second = WeakKeyDictionary(first)
    #expect(first == second)
    #expect(second.count == items.count)
    withExtendedLifetime(items) {}
  }

  @Test("K9 popFirst, orInsert, merge, removal and merging")
  func k9() {
    let (dictionary, items) = make(3)
    #expect(dictionary.popFirst() != nil)
    #expect(dictionary.count == 2)
    dictionary.removeAll()
    #expect(dictionary.value(forKey: items[0]) { "a" } == "a")
    #expect(dictionary.value(forKey: items[0]) { "b" } == "a")
    dictionary.merge([(key: items[0], value: "c"), (key: items[1], value: "d")]) { $0 + $1 }
    #expect(dictionary[items[0]] == "ac")
    #expect(dictionary[items[1]] == "d")
    #expect(dictionary.removeValue(forKey: items[1]) == "d")
    let merged = dictionary.merging([(key: items[2], value: "e")])
    #expect(merged.count == 2)
    #expect(dictionary.count == 1)
    withExtendedLifetime(items) {}
  }

  @Test("K10 removing or getting an absent key gives nil")
  func k10() {
    let (dictionary, items) = make(1)
    #expect(dictionary[Item()] == nil)
    #expect(dictionary.removeValue(forKey: Item()) == nil)
    #expect(dictionary.count == 1)
    withExtendedLifetime(items) {}
  }

  @Test("K11 a comparison that drops other keys, a value whose deinit removes other entries")
  func k11() {
    final class Nosy: Hashable, @unchecked Sendable {
      let number: Int
      var compared: () -> Void = {}
      init(_ number: Int) { self.number = number }
      static func == (left: Nosy, right: Nosy) -> Bool {
        left.compared()
        right.compared()
        return left.number == right.number
      }
      func hash(into hasher: inout Hasher) {}
    }
    let keys = Box((0..<20).map { Nosy($0) })
    let dictionary = WeakHashableKeyDictionary<Nosy, Int>()
    for key in keys.value ?? [] { dictionary[key] = key.number }
    let probe = Nosy(15)
    probe.compared = { keys.value = keys.value.map { $0.filter { $0.number > 9 } } }
    #expect(dictionary[probe] == 15)
    settle()
    #expect(dictionary.count == 10)
    #expect(dictionary.removeValue(forKey: probe) == 15)
    #expect(dictionary.count == 9)

    final class Cleaner: @unchecked Sendable {
      var clean: () -> Void = {}
      deinit { clean() }
    }
    let others = (0..<5).map { Item($0) }
    let key = Box(Item(100))
    let values = WeakKeyDictionary<Item, Cleaner>()
    for other in others { values[other] = Cleaner() }
    let cleaner = Cleaner()
    cleaner.clean = { [others] in for other in others { values[other] = nil } }
    if let key = key.value { values[key] = cleaner }
    func forget(_ cleaner: consuming Cleaner) {}
    forget(cleaner)
    key.value = nil
    settle()
    values.removeAll()
    #expect(values.count == 0)
  }

  @Test("K12 the description; copying while another thread kills")
  func k12() async {
    let (dictionary, items) = make(3)
    #expect("\(dictionary)" == "WeakKeyDictionary<Item, String>(3)")
    #expect(
      "\(WeakHashableKeyDictionary<Item, Int>())" == "WeakHashableKeyDictionary<Item, Int>(0)"
    )
    func makeBoxed() -> (WeakKeyDictionary<Item, String>, Box<[Item]>) {
      let (dictionary, items) = make(20_000)
      return (dictionary, Box(items))
    }
    let (large, many) = makeBoxed()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while let living = many.value, !living.isEmpty {
          many.value = Array(living.dropLast(500))
        }
      }
      group.addTask {
        while !large.isEmpty {
          for (key, value) in large.copy() { precondition(large[key] == value) }
          if WeakReferences.isLazy { break }
        }
      }
    }
    settle()
    #expect(large.count == 0)
    withExtendedLifetime(items) {}
  }

  @Test("K13 reading and writing, with both flavours")
  func k13() {
    func check<Weak: WeakDictionary<Item, String>>(_ dictionary: Weak) {
      let (one, two) = (Item(1), Item(2))
      #expect(dictionary.isEmpty)
      dictionary[one] = "a"
      #expect(dictionary.updateValue("b", forKey: one) == "a")
      #expect(dictionary[one] == "b")
      #expect(dictionary[two, default: "c"] == "c")
      dictionary[one] = nil
      #expect(!dictionary.contains(key: one))
      dictionary.merge([(key: one, value: "d"), (key: two, value: "e")])
      #expect(dictionary.count == 2)
      #expect(dictionary.values.sorted() == ["d", "e"])
      dictionary.removeAll()
      #expect(dictionary.popFirst() == nil)
      withExtendedLifetime((one, two)) {}
    }
    check(WeakKeyDictionary<Item, String>())
    check(WeakHashableKeyDictionary<Item, String>())
  }

  @Test("K14 a value that holds its own key keeps the entry, as documented")
  func k14() {
    let dictionary = WeakKeyDictionary<Item, Item>()
    let observer: WeakRef<Item>
    do {
      let key = Item()
      observer = WeakRef(key)
      dictionary[key] = key
      withExtendedLifetime(key) {}
    }
    #expect(observer.isAlive)
    #expect(dictionary.count == 1)
    dictionary.removeAll()
    settle()
    #expect(!observer.isAlive)
  }

  @Test("K15 storing twice under a key keeps one entry")
  func k15() {
    let (dictionary, key) = (WeakKeyDictionary<Item, Int>(), Item())
    dictionary[key] = 1
    dictionary[key] = 2
    #expect(dictionary.count == 1)
    #expect(dictionary[key] == 2)
    withExtendedLifetime(key) {}
  }

  @Test("weak keys and values: an entry leaves when either dies")
  func weakKeysAndValues() {
    let dictionary = WeakKeyValueDictionary<Item, Item>()
    let keys = Box([Item(0), Item(1), Item(2)])
    let values = Box([Item(0), Item(1), Item(2)])
    for (key, value) in zip(keys.value ?? [], values.value ?? []) { dictionary[key] = value }
    #expect(dictionary.count == 3)
    #expect(dictionary.values.map(\.number).sorted() == [0, 1, 2])
    keys.value = keys.value.map { Array($0.dropFirst()) }
    settle()
    #expect(dictionary.keys.map(\.number).sorted() == [1, 2])
    values.value = values.value.map { Array($0.dropLast()) }
    settle()
    #expect(dictionary.count == 1)
    #expect(dictionary.keys.map(\.number) == [1])
    // The old value's death doesn't remove the new one.
    let new = Item(9)
    let key = keys.value?.first
    if let key {
      #expect(dictionary.updateValue(new, forKey: key)?.number == 1)
      values.value = nil
      settle()
      #expect(dictionary[key] === new)
      #expect(dictionary.value(forKey: key) { Item() } === new)
      #expect(dictionary.removeValue(forKey: key) === new)
      withExtendedLifetime(new) {}
    }
    #expect(dictionary.isEmpty)
    // A value may refer to its key.
    do {
      let key = Generic<AnyObject?>(nil)
      let pairs = WeakKeyValueDictionary<Generic<AnyObject?>, Generic<AnyObject?>>()
      pairs[key] = Generic<AnyObject?>(key)
      settle()
      #expect(pairs.count == 0)
    }
  }
}
