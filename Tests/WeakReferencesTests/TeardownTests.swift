import Foundation
import Testing

@testable import WeakReferences

/// CPython's tests of callbacks that meet the garbage collector: here, callbacks in the middle of a teardown.
@Suite struct TeardownTests {
  /// A node of a cycle that is broken by hand.
  final class Node: @unchecked Sendable {
    var other: Node?
    var reference: WeakRef<Node>?
    var anything: Any?
    let deaths: Counter
    init(_ deaths: Counter) { self.deaths = deaths }
    deinit { deaths.increment() }
  }

  @Test("G1 a callback that collects while its object goes: freed once")
  func g1() {
    let (deaths, calls) = (Counter(), Counter())
    let box = Box(Node(deaths))
    let reference = box.value.map {
      WeakRef($0) { _ in
        WeakReferences.collect()
        calls.increment()
      }
    }
    box.value = nil
    settle()
    #expect(deaths.value == 1)
    #expect(calls.value == 1)
    withExtendedLifetime(reference) {}
  }

  @Test("G2 a child that the base class's part of a teardown releases: freed once")
  func g2() {
    class Base {
      let child: Node
      init(_ child: Node) { self.child = child }
    }
    class Derived: Base {
      let deaths: Counter
      override init(_ child: Node) {
        deaths = child.deaths
        super.init(child)
      }
      deinit { deaths.increment() }
    }
    let (deaths, calls) = (Counter(), Counter())
    var parent: Derived? = Derived(Node(deaths))
    let reference = parent.map {
      WeakRef($0.child) { _ in
        WeakReferences.collect()
        calls.increment()
      }
    }
    parent = nil
    settle()
    #expect(deaths.value == 2)
    #expect(calls.value == 1)
    withExtendedLifetime(reference) {}
  }

  /// Breaks the cycle of `first` and lets go of it, which frees all of it.
  private func breakCycle(_ first: Box<Node>) {
    let node = first.value
    first.value = nil
    node?.other = nil
  }

  @Test("G3 a callback that holds a member of its own cycle")
  func g3() {
    let deaths = Counter()
    let first = Box(Node(deaths))
    let second = Node(deaths)
    first.value?.other = second
    second.other = first.value
    second.reference = first.value.map { first in
      WeakRef(first) { [weak second] _ in second?.reference = nil }
    }
    func end(_ node: consuming Node?) {}
    first.value?.other?.other = nil
    first.value = nil
    settle()
    #expect(deaths.value == 1)
    #expect(second.reference == nil)
  }

  @Test("G4 the callback's owner reaches the dying object, not the other way")
  func g4() {
    let (deaths, calls) = (Counter(), Counter())
    let owner = Node(deaths)
    owner.other = Node(deaths)
    owner.reference = owner.other.map {
      WeakRef($0) { [weak owner] _ in
        calls.increment()
        owner?.anything = nil
      }
    }
    owner.other = nil
    settle()
    #expect(calls.value == 1)
    #expect(deaths.value == 1)
  }

  @Test("G5 the same with unrelated classes")
  func g5() {
    let (deaths, calls) = (Counter(), Counter())
    let owner = Generic<Node?>(Node(deaths))
    // It may read the owner, but not change the very property whose assignment it runs in.
    let reference = owner.element.map {
      WeakRef($0) { [weak owner] _ in
        if owner != nil { calls.increment() }
      }
    }
    owner.element = nil
    settle()
    #expect(calls.value == 1)
    #expect(deaths.value == 1)
    withExtendedLifetime(reference) {}
  }

  @Test("G6 in one teardown, a callback runs only if its reference outlived the object")
  func g6() {
    let (deaths, calls) = (Counter(), Counter())
    // The owner goes first, and its reference with it, before the object.
    var owner: Node? = Node(deaths)
    let object = Node(deaths)
    owner?.reference = WeakRef(object) { _ in calls.increment() }
    owner = nil
    #expect(calls.value == 0)
    // The object owns the reference to itself: at its death the reference still lives.
    let selfish = Box(Node(deaths))
    selfish.value?.reference = selfish.value.map { WeakRef($0) { _ in calls.increment() } }
    selfish.value = nil
    settle()
    // Without the hook the reference has died with the object before anyone looks.
    #expect(calls.value == (WeakReferences.isLazy ? 0 : 1))
    #expect(deaths.value == 2)
    withExtendedLifetime(object) {}
  }

  @Test("G7 a reference from outside the cycle calls back once")
  func g7() {
    let (deaths, calls) = (Counter(), Counter())
    let first = Box(Node(deaths))
    first.value?.other = Node(deaths)
    first.value?.other?.other = first.value
    let outside = first.value?.other.map { WeakRef($0) { _ in calls.increment() } }
    breakCycle(first)
    settle()
    #expect(calls.value == 1)
    #expect(deaths.value == 2)
    withExtendedLifetime(outside) {}
  }

  @Test("G9 what a callback captured dies with it, and calls back in turn")
  func g9() {
    let order = Log<String>()
    let captured = Box(Item())
    let inner = captured.value.map { WeakRef($0) { _ in order.append("captured") } }
    let box = Box(Item())
    let outer = box.value.map { item in
      WeakRef(item) { [held = captured.value] _ in
        withExtendedLifetime(held) { order.append("object") }
      }
    }
    captured.value = nil
    box.value = nil
    settle()
    settle()
    #expect(order.all == ["object", "captured"])
    withExtendedLifetime((inner, outer)) {}
  }

  @Test("G10 references are made and released on several threads")
  func g10() async {
    let item = Item()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<2_000 {
            let reference = WeakRef(item) { _ in }
            let proxy = WeakProxy(item)
            precondition(reference.object === item && proxy.isAlive)
          }
        }
      }
    }
    #expect(weakReferenceCount(of: item) == 0)
    withExtendedLifetime(item) {}
  }

  @Test("G11 in a deinit every reference reads nil, with and without callback")
  func g11() {
    final class Reader: @unchecked Sendable {
      var references: [WeakRef<Reader>] = []
      let seen: Log<Bool>
      init(_ seen: Log<Bool>) { self.seen = seen }
      deinit { seen.append(references.allSatisfy { $0.object == nil }) }
    }
    let seen = Log<Bool>()
    var reader: Reader? = Reader(seen)
    reader?.references = reader.map { [WeakRef($0), WeakRef($0) { _ in }] } ?? []
    #expect(reader?.references.count == 2)
    reader = nil
    #expect(seen.all == [true])
  }
}
