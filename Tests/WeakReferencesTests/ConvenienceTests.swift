import Foundation
import Testing

@testable import WeakReferences

/// What saves users a line.
@Suite struct ConvenienceTests {
  @Test("pairs may have labels or not")
  func pairs() {
    let items = (0..<3).map { Item($0) }
    #expect(WeakValueDictionary(zip(["a", "b", "c"], items))["b"] === items[1])
    #expect(WeakValueDictionary([("a", items[0])])["a"] === items[0])
    #expect(WeakValueDictionary([(key: "a", value: items[0])])["a"] === items[0])
    #expect(WeakKeyDictionary(["a": items[2]].map { ($1, $0) })[items[2]] == "a")
    #expect(WeakValueDictionary(["a": items[2]])["a"] === items[2])
  }

  @Test("literals make them all")
  func literals() {
    let (a, b) = (Item(1), Item(2))
    let array: WeakArray<Item> = [a, b, a]
    let set: WeakSet<Item> = [a, b, a]
    let equal: WeakHashableSet<Item> = [a, b]
    let values: WeakValueDictionary<String, Item> = ["a": a, "b": b, "a": b]
    let keys: WeakKeyDictionary<Item, String> = [a: "a", b: "b"]
    let equalKeys: WeakHashableKeyDictionary<Item, String> = [a: "a"]
    let both: WeakKeyValueDictionary<Item, Item> = [a: b]
    let none: WeakArray<Item> = []
    #expect(array.count == 3 && set.count == 2 && equal.count == 2 && none.isEmpty)
    #expect(values["a"] === b && keys[b] == "b" && equalKeys[a] == "a" && both[a] === b)
  }

  @Test("sequences make dictionaries as they make Swift's own")
  func sequences() {
    let (a, b) = (Item(1), Item(2))
    let unique = WeakValueDictionary(uniqueKeysWithValues: [("a", a), ("b", b)])
    #expect(unique.count == 2)
    let counts = WeakKeyDictionary([(a, 1), (b, 2), (a, 3)], uniquingKeysWith: +)
    #expect(counts[a] == 4 && counts[b] == 2)
  }

  @Test("places in an array count what is alive")
  func places() {
    let (a, b, c, d) = (Item(1), Item(2), Item(3), Item(4))
    let array: WeakArray = [a, c]
    array.insert(b, at: 1)
    array.insert(d, at: 9)
    array.insert(a, at: 0)
    #expect((array.elements.elementsEqual([a, a, b, c, d], by: ===)) == true)
    #expect(array[2] === b && array[5] == nil && array.firstIndex(of: c) == 3)
    #expect(array.remove(at: 1) === a)
    #expect(array.remove(at: 9) == nil)
    do {
      let short = Item(5)
      array.insert(short, at: 1)
      #expect(array.count == 5)
    }
    settle()
    #expect(array[1] === b)
    #expect((array.elements.elementsEqual([a, b, c, d], by: ===)) == true)
  }

  @Test("an iteration goes on while elements are put before others")
  func insertionMeanwhile() {
    let items = (0..<50).map { Item($0) }
    let array = WeakArray(items)
    var met = 0
    for item in array {
      met += 1
      if met == 10 { array.insert(Item(99), at: 0) }
      withExtendedLifetime(item) {}
    }
    #expect(met == 10)
    #expect((array.elements.elementsEqual(items, by: ===)) == true)
  }

  @Test("a value that has a default is changed in place")
  func changingInPlace() {
    let item = Item()
    let counts = WeakKeyDictionary<Item, Int>()
    counts[item, default: 0] += 1
    counts[item, default: 0] += 1
    #expect(counts[item] == 2)
    #expect(counts[Item(1), default: 7] == 7)
    #expect(counts.count == 1)
  }

  @Test("attached values are made where there are none, and removed")
  func attachedValues() {
    let (first, second) = (Item(1), Item(2))
    let names = AttachedValues<String>()
    #expect(names.value(for: first) { "a" } == "a")
    #expect(names.value(for: first) { "b" } == "a")
    names[second] = "c"
    #expect(names.count == 2)
    names.removeAll()
    #expect(names.count == 0 && names[first] == nil)
  }

  @Test("an actor's method comes in a closure")
  func actors() async {
    actor Account {
      private(set) var isOpen = true
      func close() { isOpen = false }
    }
    let account = Account()
    let close = WeakMethod(account) { account in { @Sendable in await account.close() } }
    await close()?()
    #expect(await account.isOpen == false)
  }

  @Test("lazily, the dead don't count where collections are compared")
  func comparingLazily() async {
    await #expect(processExitsWith: .success) {
      WeakReferences.isLazy = true
      let living = (0..<2).map { Item($0) }
      let (some, all) = (WeakSet(living), WeakSet(living))
      some.insert(Item(7))
      guard some.count == 3, all.count == 2 else { exit(1) }
      guard some == all, !all.isStrictSubset(of: some), !some.isStrictSubset(of: all) else {
        exit(2)
      }
      let (numbers, others) = (WeakKeyDictionary<Item, Int>(), WeakKeyDictionary<Item, Int>())
      numbers[Item()] = 1
      guard numbers.count == 1, numbers == others else { exit(3) }
      withExtendedLifetime(living) {}
    }
  }
}
