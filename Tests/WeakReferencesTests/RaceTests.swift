import Foundation
import Testing

@testable import WeakReferences

/// Registrations and deaths of one object on several threads at once.
@Suite struct RaceTests {
  @Test("two threads register while a third releases: every callback runs once")
  func registeringAndReleasing() {
    for _ in 0..<300 {
      let box = Box(Item())
      let source = box.value.map { WeakRef($0) }
      let (calls, finalizers, registrations) = (Counter(), Counter(), Counter())
      let references = Log<WeakRef<Item>>()
      let (set, numbers) = (WeakSet<Item>(), WeakKeyDictionary<Item, Int>())
      onThreads(3) { [source] thread in
        if thread == 2 {
          // Somebody is at it; who releases last is open.
          while registrations.value < 4 { sched_yield() }
          box.value = nil
          return
        }
        for _ in 0..<50 {
          guard let item = source?.object else { return }
          references.append(WeakRef(item) { _ in calls.increment() })
          Finalizer(for: item, runsAtExit: false) { finalizers.increment() }
          set.insert(item)
          numbers[item] = thread
          _ = WeakRef(item) { _ in calls.increment() }
          registrations.increment()
        }
      }
      settle()
      #expect(calls.value == registrations.value)
      #expect(finalizers.value == registrations.value)
      #expect(references.all.allSatisfy { $0.object == nil && !$0.hasCallback })
      #expect(set.isEmpty && numbers.isEmpty)
    }
  }

  @Test("references are released while their object dies: no callback runs twice, none later")
  func releasingReferencesAndObject() {
    for _ in 0..<300 {
      let box = Box(Item())
      let (calls, later) = (Counter(), Counter())
      let released = Box(false)
      let references = Box(
        (0..<20).compactMap { _ in
          box.value.map { item in
            WeakRef(item) { _ in
              calls.increment()
              if released.value == true { later.increment() }
            }
          }
        }
      )
      onThreads(2) { thread in
        if thread == 0 { box.value = nil } else { references.value = nil }
      }
      released.value = true
      settle()
      #expect((0...20).contains(calls.value))
      #expect(later.value == 0)
    }
  }

  @Test("two containers of one object go while it dies")
  func releasingContainersAndObject() {
    for _ in 0..<300 {
      let box = Box(Item())
      let set = Box(WeakSet<Item>())
      let both = Box(WeakKeyValueDictionary<Item, Item>())
      if let item = box.value {
        set.value?.insert(item)
        both.value?[item] = item
      }
      onThreads(3) { thread in
        switch thread {
        case 0: box.value = nil
        case 1: set.value = nil
        default: both.value = nil
        }
      }
      settle()
    }
    #expect(WeakSet<Item>().isEmpty)
  }

  @Test("what stays is found, replaced and removed while others come, and die, and let it move")
  func moving() {
    let (set, equalSet, array) = (WeakSet<Item>(), WeakHashableSet<Item>(), WeakArray<Item>())
    let (keys, equalKeys) = (WeakKeyDictionary<Item, Int>(), WeakHashableKeyDictionary<Item, Int>())
    let (values, both) = (WeakValueDictionary<Int, Item>(), WeakKeyValueDictionary<Item, Item>())
    let (isOver, mistakes) = (Counter(), Counter())
    let stays = Item(1)
    @Sendable func insert(_ item: Item) {
      set.insert(item)
      equalSet.insert(item)
      array.append(item)
      keys[item] = item.number
      equalKeys[item] = item.number
      values[item.number] = item
      both[item] = item
    }
    @Sendable func expect(_ isTrue: Bool) { if !isTrue { mistakes.increment() } }
    onThreads(2) { thread in
      if thread == 0 {
        for _ in 0..<300 {
          let others = (100..<130).map(Item.init)
          others.forEach(insert)
        }
        return isOver.increment()
      }
      while isOver.value == 0 {
        insert(stays)
        expect(set.contains(stays) && equalSet.contains(stays) && array.contains(stays))
        expect(keys[stays] == 1 && equalKeys[Item(1)] == 1)
        expect(values[1] === stays && both[stays] === stays)
        expect(keys.updateValue(1, forKey: stays) == 1)
        expect(equalKeys.updateValue(1, forKey: stays) == 1)
        expect(values.updateValue(stays, forKey: 1) === stays)
        expect(both.updateValue(stays, forKey: stays) === stays)
        expect(set.remove(stays) === stays && equalSet.remove(Item(1)) === stays)
        expect(array.remove(stays) && values.removeValue(forKey: 1) === stays)
        expect(keys.removeValue(forKey: stays) == 1 && equalKeys.removeValue(forKey: stays) == 1)
        expect(both.removeValue(forKey: stays) === stays)
      }
    }
    settle()
    #expect(mistakes.value == 0)
    #expect(set.isEmpty && equalSet.isEmpty && array.isEmpty && keys.isEmpty)
    #expect(equalKeys.isEmpty && values.isEmpty && both.isEmpty)
    withExtendedLifetime(stays) {}
  }
}
