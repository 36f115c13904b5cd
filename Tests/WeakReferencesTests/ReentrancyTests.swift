import CWeakReferences
import Testing

@testable import WeakReferences

/// User code that a container runs, and which uses the same container.
@Suite struct ReentrancyTests {
  /// Does something when it dies.
  private final class Payload: @unchecked Sendable {
    var onDeath: () -> Void = {}
    deinit { onDeath() }
  }

  @Test("removing all entries releases values without a lock: deinits may use the dictionary")
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

  /// Equal by its number, with the same hash as all, and comparing it does something.
  private final class Key: Hashable, @unchecked Sendable {
    let number: Int
    var onComparison: () -> Void = {}
    init(_ number: Int) { self.number = number }
    static func == (left: Key, right: Key) -> Bool {
      left.onComparison()
      right.onComparison()
      return left.number == right.number
    }
    func hash(into hasher: inout Hasher) {}
  }

  @Test("a look-up ends though comparing changes the dictionary each time", arguments: [1, 2, 3])
  func comparing(wanted: Int) {
    let dictionary = WeakHashableKeyDictionary<Key, Int>()
    let (first, second, other) = (Key(1), Key(2), Key(4))
    dictionary[first] = 1
    dictionary[second] = 2
    let probe = Key(wanted)
    probe.onComparison = {
      dictionary[other] = nil
      dictionary[other] = 4
    }
    #expect(dictionary[probe] == (wanted == 3 ? nil : wanted))
    #expect(dictionary[first] == 1 && dictionary[second] == 2 && dictionary[other] == 4)
    withExtendedLifetime((first, second, other)) {}
  }

  @Test("a look-up doesn't take the entry that came where the compared one was")
  func replacing() {
    let dictionary = WeakHashableKeyDictionary<Key, Int>()
    let (first, second) = (Key(1), Key(2))
    dictionary[first] = 1
    let probe = Key(1)
    probe.onComparison = {
      probe.onComparison = {}
      dictionary[first] = nil
      dictionary[second] = 2
    }
    #expect(dictionary[probe] == nil)
    #expect(dictionary[second] == 2)
    withExtendedLifetime((first, second)) {}
  }

  @Test("an entry that moves while it is compared is found where it went")
  func moving() {
    let table = WeakTable<Int>()
    let items = (0..<20).map(Item.init)
    table.lock()
    for item in items {
      let object = Unmanaged.passUnretained(item).toOpaque()
      #expect(table.add(object, hash: UInt32(item.number), contents: item.number) == nil)
    }
    table.unlock()
    for number in 0..<10 {
      let slot = table.lockAndFind(
        hash: UInt32(number),
        candidate: { table.contents(of: $0).pointee },
        matches: { $0 == number }
      )
      #expect(slot.map { table.remove($0) } == number)
      table.unlock()
    }
    // A death frees its slot, which lets others move, some time after it took its entry out.
    let moved = table.lockAndFind(
      hash: 19,
      candidate: { table.contents(of: $0).pointee },
      matches: { number in
        table.lock()
        table.moveTogether()
        table.unlock()
        return number == 19
      }
    )
    #expect(moved.map { wr_slot_is_live($0) && table.contents(of: $0).pointee == 19 } == true)
    table.unlock()
    withExtendedLifetime(items) {}
  }

  @Test("a key that leaves while it is compared is released without a lock")
  func leavingKey() {
    struct Name: Hashable, @unchecked Sendable {
      let key: Key
      let payload: Payload?
      static func == (left: Name, right: Name) -> Bool { left.key == right.key }
      func hash(into hasher: inout Hasher) {}
    }
    let dictionary = WeakValueDictionary<Name, Item>()
    let (item, other) = (Item(), Item())
    let deaths = Counter()
    func store() {
      let payload = Payload()
      payload.onDeath = {
        deaths.increment()
        dictionary[Name(key: Key(3), payload: nil)] = other
      }
      dictionary[Name(key: Key(1), payload: payload)] = item
    }
    store()
    let probe = Key(2)
    probe.onComparison = {
      probe.onComparison = {}
      dictionary.removeAll()
    }
    #expect(dictionary.updateValue(item, forKey: Name(key: probe, payload: nil)) == nil)
    #expect(deaths.value == 1)
    #expect(dictionary.count == 2)
    withExtendedLifetime((item, other)) {}
  }

  @Test("an array takes its own elements once more, and an iteration ends though each step appends")
  func appendingWhileIterating() {
    let items = (0..<3).map { Item($0) }
    let array = WeakArray(items)
    array.append(contentsOf: array)
    #expect(array.elements.map(\.number) == [0, 1, 2, 0, 1, 2])
    for item in array { array.append(item) }
    #expect(array.count == 12)
    withExtendedLifetime(items) {}
  }

  @Test("an iteration over a set ends though each step adds an element")
  func insertingWhileIterating() {
    let items = Box<[Item]>([Item()])
    let set = WeakSet(items.value ?? [])
    for item in set {
      let next = Item(item.number + 1)
      items.value?.append(next)
      set.insert(next)
    }
    #expect(set.count == items.value?.count)
  }

  @Test("removing all entries leaves those that a released value adds meanwhile")
  func addingWhileRemoving() {
    let keys = (0..<10).map { Item($0) }
    let others = (0..<3).map { Item(100 + $0) }
    let dictionary = WeakKeyDictionary<Item, Payload>()
    for key in keys { dictionary[key] = Payload() }
    // Two slots are free, before and behind.
    dictionary[keys[8]] = nil
    dictionary[keys[9]] = nil
    dictionary[keys[0]]?.onDeath = {
      for other in others { dictionary[other] = Payload() }
    }
    dictionary.removeAll()
    #expect(dictionary.count == 3)
    #expect(others.allSatisfy { dictionary[$0] != nil })
    withExtendedLifetime(keys) {}
  }
}
