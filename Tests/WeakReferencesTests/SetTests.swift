import Foundation
import Testing

@testable import WeakReferences

/// CPython's test_weakset.py.
@Suite struct SetTests {
  private let items = (0..<10).map { Item($0) }
  private var evens: [Item] { items.filter { $0.number % 2 == 0 } }
  private var small: [Item] { Array(items.prefix(4)) }

  private func numbers(_ set: some WeakSetOperations<Item>) -> [Int] {
    set.map(\.number).sorted()
  }

  @Test("T1 the methods of Set are there")
  func t1() {
    func check<Weak: WeakSetOperations<Item>>(_: Weak.Type) {
      let set = Weak(small)
      set.insert(items[5])
      #expect(set.contains(items[5]) && set.remove(items[5]) != nil)
      set.formUnion(evens)
      set.subtract([items[0]])
      set.formIntersection(items)
      set.formSymmetricDifference([items[9]])
      #expect(numbers(set) == [1, 2, 3, 4, 6, 8, 9])
      #expect(set.isSubset(of: items) && !set.isDisjoint(with: evens))
    }
    check(WeakSet<Item>.self)
    check(WeakHashableSet<Item>.self)
  }

  @Test("T2 making a set again makes another one")
  func t2() {
    var set = WeakSet(small)
    set = WeakSet(evens)
    #expect(numbers(set) == [0, 2, 4, 6, 8])
  }

  @Test("T3 the count is exact, and 0 after the only element died")
  func t3() {
    #expect(WeakSet(items).count == 10)
    let box = Box(Item())
    let set = WeakSet(box.value.map { [$0] } ?? [])
    #expect(set.count == 1)
    box.value = nil
    settle()
    #expect(set.count == 0)
  }

  @Test("T4 living elements are contained, others and dead ones not")
  func t4() {
    let set = WeakSet(small)
    #expect(small.allSatisfy(set.contains))
    #expect(!set.contains(items[9]))
    let box = Box(Item(1))
    let reference = box.value.map { WeakRef($0) }
    box.value.map { _ = set.insert($0) }
    box.value = nil
    #expect(!set.contains(Item(1)))
    #expect(reference?.object.map(set.contains) == nil)
  }

  @Test("T5 union with any sequence leaves its sources as they are")
  func t5() {
    let set = WeakSet(small)
    let expected = [0, 1, 2, 3, 4, 6, 8]
    #expect(numbers(set.union(evens)) == expected)
    #expect(numbers(set.union(Set(evens))) == expected)
    #expect(numbers(set.union(WeakSet(evens))) == expected)
    #expect(
      numbers(set.union(Dictionary(uniqueKeysWithValues: evens.map { ($0, 1) }).keys)) == expected
    )
    #expect(set.count == 4)
    var temporary: [Item] = [Item(20)]
    let union = set.union(temporary)
    #expect(union.count == 5)
    temporary = []
    settle()
    #expect(union.count == 4)
  }

  @Test("T6 intersection")
  func t6() {
    #expect(numbers(WeakSet(small).intersection(evens)) == [0, 2])
    #expect(numbers(WeakSet(small).intersection(WeakSet(evens))) == [0, 2])
  }

  @Test("T7 difference")
  func t7() {
    let set = WeakSet(small)
    #expect(numbers(set.subtracting(evens)) == [1, 3])
    #expect(set.count == 4)
  }

  @Test("T8 symmetric difference")
  func t8() {
    #expect(numbers(WeakSet(small).symmetricDifference(evens)) == [1, 3, 4, 6, 8])
    #expect(numbers(WeakSet(small).symmetricDifference(evens + evens)) == [1, 3, 4, 6, 8])
  }

  @Test("T9 disjointness")
  func t9() {
    #expect(WeakSet(small).isDisjoint(with: [items[4], items[5]]))
    #expect(!WeakSet(small).isDisjoint(with: evens))
  }

  @Test("T10 subsets and supersets")
  func t10() {
    let set = WeakSet(small)
    #expect(set.isSubset(of: items))
    #expect(!set.isSubset(of: evens))
    #expect(set.isSuperset(of: [items[0], items[3]]))
    #expect(!set.isSuperset(of: evens))
  }

  @Test("T11 strict subsets and supersets")
  func t11() {
    let set = WeakSet(small)
    #expect(set.isStrictSubset(of: items))
    #expect(!set.isStrictSubset(of: small))
    #expect(WeakSet(items).isStrictSuperset(of: small))
    #expect(!set.isStrictSuperset(of: small))
    #expect(!WeakSet<Item>().isStrictSubset(of: WeakSet<Item>()))
    #expect(!WeakSet<Item>().isStrictSuperset(of: WeakSet<Item>()))
  }

  @Test("T14 a set made from a set is another one")
  func t14() {
    let set = WeakSet(small)
    let copy = WeakSet(set)
    #expect(copy !== set)
    copy.remove(items[0])
    #expect(set.contains(items[0]))
  }

  @Test("T15 sets have no hash")
  func t15() {
    let set: Any = WeakSet<Item>()
    #expect(!(set is any Hashable))
  }

  @Test("T16 clearing and copying")
  func t16() {
    let set = WeakSet(small)
    let copy = set.copy()
    #expect(copy == set)
    set.removeAll()
    #expect(set.isEmpty)
    #expect(copy.count == 4)
  }

  @Test("T17 adding twice changes nothing; an element that nobody holds goes at once")
  func t17() {
    let set = WeakSet(small)
    #expect(!set.insert(items[0]))
    #expect(set.insert(items[5]))
    #expect(set.count == 5)
    set.insert(Item())
    settle()
    #expect(set.count == 5)
    let hashable = WeakHashableSet(small)
    #expect(!hashable.insert(Item(1)))
    #expect(hashable.count == 4)
    #expect(hashable.contains(Item(1)))
  }

  @Test("T18 removing gives the element, or nil")
  func t18() {
    let set = WeakSet(small)
    #expect(set.remove(items[0]) === items[0])
    #expect(!set.contains(items[0]))
    #expect(set.remove(items[0]) == nil)
    #expect(WeakHashableSet(small).remove(Item(2)) === items[2])
  }

  @Test("T19 removing what isn't there changes nothing")
  func t19() {
    let set = WeakSet(small)
    set.remove(items[9])
    #expect(set.count == 4)
  }

  @Test("T20 popFirst until empty")
  func t20() {
    let set = WeakSet(small)
    var popped: [Int] = []
    while let item = set.popFirst() { popped.append(item.number) }
    #expect(popped.sorted() == [0, 1, 2, 3])
    #expect(set.isEmpty)
    #expect(set.popFirst() == nil)
  }

  @Test("T21 the changing operations")
  func t21() {
    let set = WeakSet(small)
    set.formUnion(evens)
    #expect(numbers(set) == [0, 1, 2, 3, 4, 6, 8])
    set.formIntersection(items.prefix(7))
    #expect(numbers(set) == [0, 1, 2, 3, 4, 6])
    set.subtract(items.prefix(2))
    #expect(numbers(set) == [2, 3, 4, 6])
    set.formSymmetricDifference([items[2], items[9]])
    #expect(numbers(set) == [3, 4, 6, 9])
  }

  @Test("T22 a set changed by itself")
  func t22() {
    let set = WeakSet(small)
    set.formUnion(set)
    #expect(set.count == 4)
    set.formIntersection(set)
    #expect(set.count == 4)
    set.formSymmetricDifference(set)
    #expect(set.isEmpty)
    set.formUnion(small)
    set.subtract(set)
    #expect(set.isEmpty)
  }

  @Test("T23 sets with the same elements are equal, and equal nothing else")
  func t23() {
    #expect(WeakSet(small) == WeakSet(small.reversed()))
    #expect(WeakSet(small) != WeakSet(evens))
    #expect(WeakHashableSet([items[1]]) == WeakHashableSet([items[1]]))
    let other: Any = Set(small)
    #expect(!(other is WeakSet<Item>))
  }

  @Test("T24 an element dies during an iteration")
  func t24() {
    var own = (0..<10).map { Item($0) }
    let set = WeakSet(own)
    var iterator = set.makeIterator()
    var count = iterator.next() == nil ? 0 : 1
    own.removeLast()
    while iterator.next() != nil { count += 1 }
    settle()
    #expect([9, 10].contains(count))
    #expect(set.count == 9)
  }

  @Test("T25 changes while an iterator is open and an element is dead")
  func t25() {
    var own = (0..<10).map { Item($0) }
    let set = WeakSet(own)
    var iterator = set.makeIterator()
    _ = iterator.next()
    own.removeLast()
    settle()
    let new = Item(9)
    #expect(!set.contains(new))
    #expect(set.remove(new) == nil)
    set.insert(new)
    #expect(set.contains(new))
    set.formUnion(set.copy())
    #expect(set.count == 10)
    set.removeAll()
    #expect(set.isEmpty)
    #expect(iterator.next() == nil)
    withExtendedLifetime(own) {}
  }

  @Test("T26 the count after a batch of deaths, and while another thread kills")
  func t26() async {
    let own = Box((0..<100).map { Item($0) })
    let set = WeakSet(own.value ?? [])
    do {
      var iterator = set.makeIterator()
      _ = iterator.next()
      own.value = nil
      settle()
      #expect(set.count <= 1)
    }
    #expect(set.count == 0)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for number in 0..<5_000 { set.insert(Item(number)) } }
      group.addTask { for _ in 0..<5_000 { precondition((0...5_000).contains(set.count)) } }
    }
    settle()
    #expect(set.count == 0)
  }

  @Test("T27 the description has type and count")
  func t27() {
    #expect("\(WeakSet(small))" == "WeakSet<Item>(4)")
    #expect("\(WeakHashableSet(small))" == "WeakHashableSet<Item>(4)")
  }

  @Test("T28 a weak set is a sequence, not a collection")
  func t28() {
    let set: Any = WeakSet<Item>()
    #expect(set is any Sequence)
    #expect(!(set is any Collection))
  }

  @Test("T30 a dead element leaves every container")
  func t30() {
    let box = Box(Item(1))
    let sets = (0..<3).map { _ in WeakSet<Item>() }
    let (hashable, array) = (WeakHashableSet<Item>(), WeakArray<Item>())
    let (values, keys) = (WeakValueDictionary<Int, Item>(), WeakKeyDictionary<Item, Int>())
    let both = WeakKeyValueDictionary<Item, Item>()
    if let item = box.value {
      for set in sets { set.insert(item) }
      hashable.insert(item)
      array.append(item)
      array.append(item)
      values[1] = item
      values[2] = item
      keys[item] = 1
      both[item] = items[0]
      both[items[0]] = item
    }
    @Sendable func counts() -> [Int] {
      sets.map(\.count) + [hashable.count, array.count, values.count, keys.count, both.count]
    }
    #expect(counts() == [1, 1, 1, 1, 2, 2, 1, 2])
    // No callback sees a container that still counts the dead object.
    let seen = Log<[Int]>()
    let reference = box.value.map { WeakRef($0) { _ in seen.append(counts()) } }
    box.value = nil
    settle()
    #expect(counts().allSatisfy { $0 == 0 })
    #expect(seen.all == [[Int](repeating: 0, count: 8)])
    withExtendedLifetime(reference) {}
  }

  @Test("T31 a weak set isn't a SetAlgebra")
  func t31() {
    let set: Any = WeakSet<Item>()
    #expect(!(set is any SetAlgebra))
  }

  @Test("a weak array keeps its order through deaths")
  func array() {
    var own = (0..<100).map { Item($0) }
    let array = WeakArray(own)
    #expect(array.map(\.number) == Array(0..<100))
    own.removeAll { $0.number % 3 == 0 }
    settle()
    #expect(array.map(\.number) == own.map(\.number))
    // Room is made by moving together, again and again.
    for number in 100..<1_000 {
      own.append(Item(number))
      array.append(own[own.count - 1])
      own.removeFirst()
    }
    settle()
    #expect(array.map(\.number) == own.map(\.number))
    #expect(array.count == own.count)
    #expect(array.first === own.first && array.last === own.last)
    #expect(array.contains(own[5]))
    #expect(array.remove(own[5]))
    #expect(!array.contains(own[5]))
    #expect(!array.remove(own[5]))
    array.append(own[0])
    #expect(array.last === own[0])
    #expect("\(array)" == "WeakArray<Item>(\(own.count))")
    array.removeAll()
    #expect(array.isEmpty)
  }
}
