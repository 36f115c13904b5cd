import Foundation
import Testing

@testable import WeakReferences

/// CPython's tests of `WeakValueDictionary`.
@Suite struct ValueDictionaryTests {
  private func make(_ count: Int = 10) -> (WeakValueDictionary<Int, Item>, [Item]) {
    let items = (0..<count).map { Item($0) }
    return (WeakValueDictionary(items.map { (key: $0.number, value: $0) }), items)
  }

  /// Only the box holds the values.
  private func makeBoxed(_ count: Int) -> (WeakValueDictionary<Int, Item>, Box<[Item]>) {
    let (dictionary, items) = make(count)
    return (dictionary, Box(items))
  }

  @Test("V1 a value is held by one weak reference, and found")
  func v1() {
    let (dictionary, items) = make()
    for item in items {
      #expect(dictionary[item.number] === item)
      #expect(dictionary.contains(key: item.number))
    }
    // No list of this library's references has it, and the mark isn't the program's.
    #expect(weakReferenceCount(of: items[1]) == 0)
    #expect(ReferenceCounts(of: items[1]).unowned == 0)
    withExtendedLifetime(items) {}
  }

  @Test("V2 a copy has the same entries")
  func v2() {
    let (dictionary, items) = make()
    let copy = dictionary.copy()
    #expect(copy !== dictionary)
    #expect(copy == dictionary)
    #expect(Set(copy.values.map(ObjectIdentifier.init)) == Set(items.map(ObjectIdentifier.init)))
    withExtendedLifetime(items) {}
  }

  @Test("V3 the count is exact right after a death")
  func v3() {
    var (dictionary, items) = make()
    #expect(dictionary.count == 10)
    items.removeLast()
    settle()
    #expect(dictionary.count == items.count)
    #expect(dictionary.count == 9)
    items = []
    settle()
    #expect(dictionary.count == 0)
    #expect(dictionary.isEmpty)
  }

  @Test("V4 a missing key has no value, nor has one whose value died at once")
  func v4() {
    let dictionary = WeakValueDictionary<Int, Item>()
    #expect(dictionary[1] == nil)
    dictionary[1] = Item()
    #expect(dictionary[1] == nil)
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V5 iterating touches everything once")
  func v5() {
    let (dictionary, items) = make()
    #expect(dictionary.keys.sorted() == Array(0..<10))
    #expect(dictionary.values.map(\.number).sorted() == Array(0..<10))
    var seen: [Int] = []
    for (key, value) in dictionary {
      #expect(items[key] === value)
      seen.append(key)
    }
    #expect(seen.sorted() == Array(0..<10))
    withExtendedLifetime(items) {}
  }

  @Test("V6 weak references to the values")
  func v6() {
    let (dictionary, items) = make()
    let references = dictionary.valueReferences
    #expect(Set(references) == Set(items.map { WeakRef($0) }))
    #expect(references.allSatisfy { $0.object != nil })
    withExtendedLifetime(items) {}
  }

  @Test("V7 a value dies during an iteration")
  func v7() {
    var (dictionary, items) = make()
    var iterator = dictionary.makeIterator()
    var seen = iterator.next().map { [$0.key] } ?? []
    items.removeLast()
    while let (key, _) = iterator.next() {
      seen.append(key)
    }
    settle()
    #expect([9, 10].contains(seen.count))
    #expect(Set(seen).count == seen.count)
    #expect(dictionary.count == 9)
    withExtendedLifetime(items) {}
  }

  @Test("V8 changes while an iterator is open and a value is dead")
  func v8() {
    var (dictionary, items) = make()
    var iterator = dictionary.makeIterator()
    _ = iterator.next()
    items.removeLast()
    settle()
    #expect(!dictionary.contains(key: 9))
    #expect(dictionary.removeValue(forKey: 9) == nil)
    let new = Item(9)
    dictionary[9] = new
    #expect(dictionary[9] === new)
    #expect(dictionary.count == 10)
    let more = (10..<20).map { Item($0) }
    dictionary.merge(more.map { (key: $0.number, value: $0) })
    #expect(dictionary.count == 20)
    dictionary.removeAll()
    #expect(dictionary.count == 0)
    #expect(iterator.next() == nil)
    withExtendedLifetime((items, new, more)) {}
  }

  @Test("V9 the count stays right when removals and deaths alternate during an iteration")
  func v9() {
    var (dictionary, items) = make(20)
    var expected = 20
    for (key, _) in dictionary where expected > 4 {
      if key % 2 == 0 {
        dictionary[key] = nil
      } else {
        // Another than the iterator holds at the moment.
        guard
          let place = items.firstIndex(where: { $0.number != key && dictionary[$0.number] != nil })
        else { continue }
        items.remove(at: place)
        settle()
      }
      expected -= 1
      #expect(dictionary.count == expected)
    }
    withExtendedLifetime(items) {}
  }

  @Test("V10 after a batch of deaths an open iterator accounts for one entry at most")
  func v10() {
    var (dictionary, items) = make(100)
    do {
      var iterator = dictionary.makeIterator()
      _ = iterator.next()
      #expect(items.count == 100)
      items = []
      settle()
      #expect(dictionary.count <= 1)
      #expect(iterator.next() == nil)
    }
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V11 the count never leaves its bounds while another thread kills")
  func v11() async {
    let (dictionary, items) = makeBoxed(2_000)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for remaining in (0..<2_000).reversed() {
          items.value = items.value.map { Array($0.prefix(remaining)) }
        }
      }
      group.addTask {
        var last = 2_000
        for _ in 0..<2_000 {
          let count = dictionary.count
          precondition((0...last).contains(count))
          last = count
        }
      }
    }
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V12 it can be made from a dictionary and from another weak one")
  func v12() {
    let items = (0..<3).map { Item($0) }
    let strong = Dictionary(uniqueKeysWithValues: items.map { ($0.number, $0) })
    let first = WeakValueDictionary(strong)
    let second = WeakValueDictionary(first)
    #expect(first == second)
    #expect(second.count == 3)
    withExtendedLifetime(items) {}
  }

  @Test("V14 popFirst removes a living entry and returns it")
  func v14() {
    let (dictionary, items) = make(2)
    #expect(dictionary.popFirst()?.value != nil)
    #expect(dictionary.count == 1)
    #expect(dictionary.popFirst()?.value != nil)
    #expect(dictionary.count == 0)
    #expect(dictionary.popFirst() == nil)
    withExtendedLifetime(items) {}
  }

  @Test("V15 value(forKey:orInsert:) stores the first and keeps it")
  func v15() {
    let dictionary = WeakValueDictionary<String, Item>()
    let first = dictionary.value(forKey: "a") { Item(1) }
    #expect(first.number == 1)
    let second = dictionary.value(forKey: "a") { Item(2) }
    #expect(second === first)
    #expect(dictionary["a"] === first)
    #expect(dictionary.contains(key: "a"))
    let fallback = Item(3)
    #expect(dictionary["b", default: fallback] === fallback)
    #expect(dictionary["b"] == nil)
    withExtendedLifetime((first, fallback)) {}
  }

  @Test("V16 merge stores every entry")
  func v16() {
    let (source, items) = make(4)
    let target = WeakValueDictionary<Int, Item>()
    target.merge(source)
    #expect(target == source)
    target.merge([(key: 0, value: items[1])]) { current, _ in current }
    #expect(target[0] === items[0])
    withExtendedLifetime(items) {}
  }

  @Test("V17 merging makes a new dictionary in which the right-hand side wins")
  func v17() {
    var (left, items) = make(3)
    let other = Item(100)
    let merged = left.merging([(key: 2, value: other), (key: 3, value: other)])
    #expect(merged.count == 4)
    #expect(merged[2] === other)
    #expect(left[2] === items[2])
    items = []
    settle()
    #expect(merged.count == 2)
    #expect(left.count == 0)
    withExtendedLifetime(other) {}
  }

  @Test("V18 an entry can be removed by its key")
  func v18() {
    let (dictionary, items) = make(3)
    #expect(dictionary.removeValue(forKey: 1) === items[1])
    #expect(dictionary.count == 2)
    #expect(dictionary.keys.sorted() == [0, 2])
    dictionary[2] = nil
    #expect(dictionary.keys == [0])
    withExtendedLifetime(items) {}
  }

  @Test("V19 the description has type and count, not the contents")
  func v19() {
    let (dictionary, items) = make(3)
    #expect("\(dictionary)" == "WeakValueDictionary<Int, Item>(3)")
    withExtendedLifetime(items) {}
  }

  @Test("V20 value(forKey:orInsert:) never comes back with nothing while another thread kills")
  func v20() async {
    let dictionary = WeakValueDictionary<Int, Item>()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          for round in 0..<40_000 {
            let value = dictionary.value(forKey: round % 10) { Item(round % 10) }
            precondition(value.number == round % 10)
          }
        }
      }
    }
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V21 removal with a default never comes back with nothing")
  func v21() async {
    let dictionary = WeakValueDictionary<Int, Item>()
    let fallback = Item(-1)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for round in 0..<100_000 {
          let item = Item(round)
          dictionary[round % 10] = item
        }
      }
      group.addTask {
        for round in 0..<100_000 {
          let value = dictionary.removeValue(forKey: round % 10) ?? fallback
          precondition(value === fallback || value.number % 10 == round % 10)
        }
      }
    }
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V22 the death of an old value doesn't remove a new one")
  func v22() async {
    let dictionary = WeakValueDictionary<String, Item>()
    let box = Box(Item(1))
    dictionary["a"] = box.value
    let new = Item(2)
    // At the death of the old value, its callback stores the new one; then the old entry's removal comes, or came.
    let reference = box.value.map { WeakRef($0) { _ in dictionary["a"] = new } }
    box.value = nil
    settle()
    #expect(dictionary["a"] === new)
    #expect(dictionary.count == 1)
    // The same as a race: one thread replaces, the other lets the old values die.
    let survivors = (0..<10).map { Item($0) }
    let race = WeakValueDictionary<Int, Item>()
    for _ in 0..<500 {
      let old = Box((0..<10).map { Item($0) })
      for item in old.value ?? [] { race[item.number] = item }
      await withTaskGroup(of: Void.self) { group in
        group.addTask { old.value = nil }
        group.addTask { for item in survivors { race[item.number] = item } }
      }
      settle()
      precondition(race.count == 10)
      for item in survivors { precondition(race[item.number] === item) }
    }
    withExtendedLifetime((reference, new, survivors)) {}
  }

  @Test("V23 copying 70,000 entries while another thread kills them")
  func v23() async {
    let (dictionary, items) = makeBoxed(70_000)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while let living = items.value, !living.isEmpty {
          items.value = Array(living.dropLast(1_000))
        }
      }
      group.addTask {
        while !dictionary.isEmpty {
          let copy = dictionary.copy()
          precondition(copy.count <= 70_000)
          // What lives there still lives here.
          for (key, value) in copy { precondition(dictionary[key] === value) }
          if WeakReferences.isLazy { break }
        }
      }
    }
    settle()
    #expect(dictionary.count == 0)
  }

  @Test("V25 the dictionary can die before its values")
  func v25() {
    var (dictionary, items): (WeakValueDictionary<Int, Item>?, [Item]) = make(5)
    let observer = dictionary.map { WeakRef($0) }
    dictionary = nil
    settle()
    #expect(observer?.object == nil)
    items.removeAll()
    settle()
    #expect(items.isEmpty)
  }

  @Test("V26 reading")
  func v26() {
    let (dictionary, items) = make(3)
    #expect(dictionary[0] === items[0])
    #expect(dictionary.count == 3)
    #expect(!dictionary.isEmpty)
    #expect(WeakValueDictionary<Int, Item>().isEmpty)
    #expect(dictionary != WeakValueDictionary<Int, Item>())
    #expect(WeakValueDictionary<Int, Item>() == WeakValueDictionary<Int, Item>())
    #expect(dictionary.contains(key: 0))
    #expect(!dictionary.contains(key: 3))
    #expect(dictionary[7, default: items[0]] === items[0])
    #expect(Array(dictionary).count == 3)
    withExtendedLifetime(items) {}
  }

  @Test("V27 writing")
  func v27() {
    let dictionary = WeakValueDictionary<String, Item>()
    let (one, two) = (Item(1), Item(2))
    dictionary["a"] = one
    #expect(dictionary.updateValue(two, forKey: "a") === one)
    #expect(dictionary["a"] === two)
    dictionary["a"] = nil
    #expect(dictionary["a"] == nil)
    #expect(dictionary.removeValue(forKey: "a") == nil)
    dictionary.merge(["b": one].map { (key: $0.key, value: $0.value) })
    dictionary.merge([(key: "c", value: two)])
    #expect(dictionary.value(forKey: "b") { two } === one)
    #expect(dictionary.removeValue(forKey: "b") === one)
    #expect((dictionary.removeValue(forKey: "b") ?? two) === two)
    #expect(dictionary.popFirst()?.key == "c")
    #expect(dictionary.popFirst() == nil)
    withExtendedLifetime((one, two)) {}
  }

  @Test("V30 an id-to-object registry")
  func v30() {
    let objects = WeakValueDictionary<ObjectIdentifier, Item>()
    func remember(_ item: Item) -> ObjectIdentifier {
      let identifier = ObjectIdentifier(item)
      objects[identifier] = item
      return identifier
    }
    let box = Box(Item(7))
    let identifier = box.value.map(remember)
    #expect(identifier.flatMap { objects[$0] }?.number == 7)
    box.value = nil
    #expect(identifier.flatMap { objects[$0] } == nil)
  }

  @Test("keys whose hashes collide, and whose comparison changes the dictionary")
  func collisions() {
    struct Key: Hashable {
      let number: Int
      var compared: (@Sendable () -> Void)?
      static func == (left: Key, right: Key) -> Bool {
        left.compared?()
        right.compared?()
        return left.number == right.number
      }
      func hash(into hasher: inout Hasher) { hasher.combine(1) }
    }
    let items = (0..<50).map { Item($0) }
    let dictionary = WeakValueDictionary<Key, Item>()
    for item in items { dictionary[Key(number: item.number)] = item }
    for item in items { #expect(dictionary[Key(number: item.number)] === item) }
    #expect(dictionary[Key(number: 50)] == nil)
    // The first comparison removes other entries, under everyone's feet.
    let calls = Counter()
    let removing: @Sendable () -> Void = {
      guard calls.value == 0 else { return }
      calls.increment()
      for number in 20..<40 { dictionary.removeValue(forKey: Key(number: number)) }
    }
    #expect(dictionary[Key(number: 45, compared: removing)] === items[45])
    #expect(dictionary.count == 30)
    #expect(dictionary[Key(number: 30)] == nil)
    #expect(dictionary.removeValue(forKey: Key(number: 3)) === items[3])
    #expect(dictionary.count == 29)
    withExtendedLifetime(items) {}
  }
}
