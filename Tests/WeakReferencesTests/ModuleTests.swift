import Foundation
import Testing

@testable import WeakReferences

/// CPython's module-level tests, and `sys.getrefcount` and `gc`.
@Suite struct ModuleTests {
  @Test("X2 the basics, as documented")
  func x2() {
    let box = Box(Item(5))
    let reference = box.value.map { WeakRef($0) }
    #expect(reference?.object?.number == 5)
    box.value = nil
    #expect(reference?.object == nil)
  }

  @Test("X3 references of mixed types have a common type")
  func x3() {
    let (item, account) = (Item(), Account())
    let references: [AnyWeakRef] = [WeakRef(item), WeakRef(account)]
    #expect(references.map { $0.anyObject === item } == [true, false])
    #expect(references.filter { $0 is WeakRef<Account> }.count == 1)
    withExtendedLifetime((item, account)) {}
  }

  /// The same code each time, which holds the item for a moment in the same way.
  @inline(never) private func counts(_ box: Box<Item>) -> ReferenceCounts? {
    box.value.map { ReferenceCounts(of: $0) }
  }

  @inline(never) private func makeOwner(_ box: Box<Item>) -> Generic<Item?> { Generic(box.value) }

  @Test("C1 counts of references: one more reference is one more")
  func c1() throws {
    let box = Box(Item())
    let before = try #require(counts(box))
    let owner = makeOwner(box)
    let more = try #require(counts(box))
    #expect(more.strong == before.strong + 1)
    #expect(more.unowned == before.unowned)
    // This library's own mark doesn't count.
    let (reference, set) = (
      box.value.map { WeakRef($0) }, WeakSet(owner.element.map { [$0] } ?? [])
    )
    #expect(counts(box) == more)
    unowned let unownedReference = box.value ?? Item()
    #expect(counts(box)?.unowned == before.unowned + 1)
    weak let weakReference = box.value
    #expect(counts(box)?.weak == before.weak + 1)
    withExtendedLifetime((owner, reference, set, unownedReference, weakReference)) {}
  }

  @Test("C2 collecting finds nothing to do, unless lazily")
  func c2() async {
    await #expect(processExitsWith: .success) {
      WeakReferences.isLazy = false
      let eager = WeakSet([Item()])
      guard eager.count == 0, WeakReferences.collect() == 0 else { exit(1) }
      WeakReferences.isLazy = true
      let lazy = WeakSet([DerivedItem(), DerivedItem()])
      guard lazy.count == 2, WeakReferences.collect() == 2, lazy.count == 0 else { exit(2) }
    }
  }

  @Test("C3 leaked objects are what Remnant reports; a reference at least shows that one lives")
  func c3() {
    let observer: WeakRef<Generic<AnyObject?>>
    do {
      let cycle = Generic<AnyObject?>(nil)
      cycle.element = cycle
      observer = WeakRef(cycle)
    }
    settle()
    #expect(observer.isAlive)
    observer.object?.element = nil
    #expect(!observer.isAlive)
  }

  @Test("C5 who holds an object is what Remnant reports; its count says how many")
  func c5() throws {
    let box = Box(Item())
    let alone = try #require(counts(box)).strong
    let holders = (0..<3).map { _ in makeOwner(box) }
    #expect(counts(box)?.strong == alone + 3)
    withExtendedLifetime(holders) {}
  }
}
