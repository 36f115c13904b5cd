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
  }

  @Test("C1 counts of references: one more reference is one more")
  func c1() {
    let item = Item()
    let before = ReferenceCounts(of: item)
    let owner = Generic<Item?>(item)
    let more = ReferenceCounts(of: item)
    #expect(more.strong == before.strong + 1)
    #expect(more.unowned == before.unowned)
    // This library's own mark doesn't count.
    let reference = WeakRef(item)
    let set = WeakSet([item])
    #expect(ReferenceCounts(of: item) == more)
    unowned let unownedReference = item
    #expect(ReferenceCounts(of: item).unowned == before.unowned + 1)
    weak let weakReference = item
    #expect(ReferenceCounts(of: item).weak == before.weak + 1)
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
  func c5() {
    let item = Item()
    let alone = ReferenceCounts(of: item).strong
    let holders = (0..<3).map { _ in Generic<Item?>(item) }
    #expect(ReferenceCounts(of: item).strong == alone + 3)
    withExtendedLifetime(holders) {}
  }
}
