import Foundation
import Testing

@testable import WeakReferences

/// Whose deaths are learned of: objects of every kind of class, without their co-operation.
@Suite struct DeathDetectionTests {
  @Test func openAndFinalClassesAndTheirSubclasses() {
    expectNotice { Item() }
    expectNotice { DerivedItem() }
    expectNotice { Bare() }
    expectNotice { Leaf(1) }
    expectNotice { Leaf.Twig(1) }
  }

  @Test("a subclass is noticed whether its base class was known before or not")
  func hierarchies() {
    class Base: @unchecked Sendable {}
    class Middle: Base, @unchecked Sendable {}
    final class Late: Middle, @unchecked Sendable {}
    // From the middle to both ends, through references to the base class.
    expectNotice { () -> Base in Middle() }
    expectNotice { () -> Base in Base() }
    expectNotice { () -> Base in Late() }
    expectNotice { () -> Base in Middle() }
  }

  @Test func everySpecializationOfGenericClasses() {
    class Derived<Element>: Base<[Element]>, @unchecked Sendable {}
    class Base<Element>: @unchecked Sendable {
      var element: Element?
    }
    expectNotice { Generic(1) }
    expectNotice { Generic("a") }
    expectNotice { Generic([Item()]) }
    expectNotice { Generic(Generic(1.5)) }
    expectNotice { Generic<(Int, String)>((1, "a")) }
    expectNotice { Generic<any Sendable>(1) }
    expectNotice { Generic<(Int) -> Int> { $0 } }
    expectNotice { Base<[Int]>() }
    expectNotice { Derived<Int>() }
    expectNotice { Derived<Item>() }
    // The compiler knows no type here.
    func expectNoticeOfAll<Element>(_ element: Element, depth: Int) {
      expectNotice { Generic(element) }
      if depth > 0 { expectNoticeOfAll([element], depth: depth - 1) }
    }
    expectNoticeOfAll(1, depth: 20)
  }

  @Test func actors() {
    actor Account { var balance = 1 }
    actor Ledger<Entry: Sendable> { var entries: [Entry] = [] }
    expectNotice { Account() }
    expectNotice { Ledger<Int>() }
    expectNotice { Ledger<String>() }
    expectNotice { Confined() }
  }

  @Test("an isolated deinit runs later and elsewhere; its death is noticed at the last release")
  func isolatedDeinit() async {
    let (steps, continuation) = AsyncStream.makeStream(of: String.self)
    let box = Box(await Isolated { continuation.yield("deinit") })
    let reference = box.value.map { WeakRef($0) { _ in continuation.yield("callback") } }
    await Task.detached {
      box.value = nil
      // In the deinit's own time otherwise: collecting finds objects whose deinit waits, too.
      settle()
    }.value
    #expect(reference?.object == nil)
    #expect(reference?.hasCallback == false)
    var seen: Set<String> = []
    for await step in steps {
      if seen.isEmpty && !WeakReferences.isLazy { #expect(step == "callback") }
      seen.insert(step)
      if seen.count == 2 { break }
    }
    #expect(seen == ["callback", "deinit"])
  }

  @Test("told before the object's own deinit, and only of registered objects")
  func order() {
    final class Loud: @unchecked Sendable {
      let log: Log<String>
      let name: String
      init(_ log: Log<String>, _ name: String) {
        self.log = log
        self.name = name
      }
      deinit { log.append("deinit of \(name)") }
    }
    let log = Log<String>()
    let (registered, other) = (Box(Loud(log, "a")), Box(Loud(log, "b")))
    let reference = registered.value.map { WeakRef($0) { _ in log.append("callback") } }
    other.value = nil
    #expect(log.all == ["deinit of b"])
    registered.value = nil
    settle()
    let lazily = ["deinit of b", "deinit of a", "callback"]
    #expect(
      log.all == (WeakReferences.isLazy ? lazily : ["deinit of b", "callback", "deinit of a"])
    )
    withExtendedLifetime(reference) {}
  }
}

/// Nothing of its own: no property, no deinit.
private class Bare: @unchecked Sendable {}

private final class Leaf: @unchecked Sendable {
  let number: Int
  init(_ number: Int) { self.number = number }

  final class Twig: Item, @unchecked Sendable {
    var leaf: Leaf? = Leaf(2)
    var closure: () -> Int = { 3 }
  }
}

@MainActor private final class Confined {
  nonisolated init() {}
}

@MainActor private final class Isolated {
  private let end: @Sendable () -> Void
  init(end: @escaping @Sendable () -> Void) { self.end = end }
  isolated deinit { end() }
}
