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
