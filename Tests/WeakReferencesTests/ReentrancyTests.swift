import Testing

@testable import WeakReferences

/// User code that a container runs, and which uses the same container.
@Suite struct ReentrancyTests {
  /// Does something when it dies.
  private final class Payload: @unchecked Sendable {
    var onDeath: () -> Void = {}
    deinit { onDeath() }
  }

  @Test("removing all entries releases each value without a lock: its deinit may use the dictionary")
  func removingAll() {
    let (first, second, other) = (Item(1), Item(2), Item(3))
    let byIdentity = WeakKeyDictionary<Item, Payload>()
    let byEquality = WeakHashableKeyDictionary<Item, Payload>()
    func fill(_ dictionary: some WeakDictionary<Item, Payload>) {
      for key in [first, second] {
        let payload = Payload()
        payload.onDeath = {
          _ = dictionary[other]
          dictionary[other] = Payload()
        }
        dictionary[key] = payload
      }
    }
    fill(byIdentity)
    fill(byEquality)
    byIdentity.removeAll()
    byEquality.removeAll()
    #expect(byIdentity[first] == nil && byEquality[second] == nil)
    withExtendedLifetime((first, second, other)) {}
  }

  @Test("all containers forget a dead object before any releases what it held for it")
  func severalContainers() {
    let (set, array) = (WeakSet<Item>(), WeakArray<Item>())
    let (numbers, both) = (WeakValueDictionary<Int, Item>(), WeakKeyValueDictionary<Item, Item>())
    let payloads = WeakKeyDictionary<Item, Payload>()
    let counts = Box<[Int]>()
    let other = Item()
    func add(_ item: Item) {
      let payload = Payload()
      payload.onDeath = {
        counts.value = [set.count, array.count, numbers.count, both.count, payloads.count]
      }
      // Before and after the others.
      payloads[item] = payload
      set.insert(item)
      array.append(item)
      numbers[1] = item
      both[other] = item
    }
    add(Item())
    settle()
    #expect(counts.value == [0, 0, 0, 0, 0])
    withExtendedLifetime(other) {}
  }
}
