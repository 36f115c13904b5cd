import Testing

@testable import WeakReferences

/// Taking one entry after the other.
@Suite struct PoppingTests {
  @Test("popFirst takes each entry once, also those that come in between")
  func popping() {
    let items = (0..<1000).map { Item($0) }
    let set = WeakSet(items)
    var numbers: [Int] = []
    var added: Set<Int> = []
    while let item = set.popFirst() {
      numbers.append(item.number)
      // Into the slot that just became free.
      if item.number % 2 == 0 && added.insert(item.number).inserted { set.insert(item) }
    }
    #expect(numbers.count == 1500)
    #expect(Set(numbers).count == 1000)
    #expect(set.isEmpty)
    withExtendedLifetime(items) {}
  }

  @Test("popFirst takes entries that no look-up finds")
  func poppingWhatEqualsNothing() {
    let item = Item()
    let numbers = WeakValueDictionary<Double, Item>()
    numbers[.nan] = item
    #expect(numbers.popFirst()?.value === item)
    #expect(numbers.popFirst() == nil)

    final class Changing: Hashable {
      var number = 0
      static func == (left: Changing, right: Changing) -> Bool { left.number == right.number }
      func hash(into hasher: inout Hasher) { hasher.combine(number) }
    }
    let changing = Changing()
    let set = WeakHashableSet([changing])
    changing.number = 1
    #expect(set.popFirst() === changing)
    #expect(set.isEmpty)
  }

  @Test("the first element of an array is the first that lives, through deaths and moves")
  func first() {
    var items = (0..<1000).map { Item($0) }
    let array = WeakArray(items)
    for number in 0..<1000 {
      #expect(array.first?.number == number)
      items.removeFirst()
      settle()
    }
    #expect(array.first == nil)
    let item = Item(7)
    array.append(item)
    #expect(array.first === item)
  }
}
