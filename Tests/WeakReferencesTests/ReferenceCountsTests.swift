import Testing

@testable import WeakReferences

/// How many references there are to what a weak reference refers to.
@Suite struct ReferenceCountsTests {
  private final class Holder {
    unowned let unownedItem: Item
    weak var weakItem: Item?
    init(_ item: Item) {
      unownedItem = item
      weakItem = item
    }
  }

  private final class UnownedHolder {
    unowned let item: Item
    init(_ item: Item) { self.item = item }
  }

  private func makeReference(_ box: Box<Item>) -> WeakRef<Item>? { box.value.map { WeakRef($0) } }

  @Test("of an object with one owner, which the reference doesn't hold to count")
  func oneOwner() {
    let box = Box(Item())
    let reference = makeReference(box)
    let counts = ReferenceCounts(strong: 1, unowned: 1, weak: 1)
    // As the runtime counts: the object has one unowned and one weak reference of itself.
    #expect(reference?.referenceCounts == counts)
    #expect(reference?.referenceCounts?.unowned == 0 && reference?.referenceCounts?.weak == 0)
  }

  @Test(
    "each owner, unowned and weak variable counts; what this library knows of the object doesn't"
  )
  func others() {
    let box = Box(Item())
    let reference = makeReference(box)
    let owners = (0..<3).map { _ in Generic(box.value) }
    #expect(reference?.referenceCounts?.strong == 4)
    let unownedHolders = (0..<2).compactMap { _ in box.value.map(UnownedHolder.init) }
    #expect(reference?.referenceCounts?.unowned == 2)
    #expect(reference?.referenceCounts?.weak == 0)
    let others = (
      makeReference(box), WeakSet(owners.compactMap(\.element)), box.value.map { WeakProxy($0) }
    )
    let queue = DeathQueue<Int>()
    box.value.map { queue.watch($0, as: 1) }
    #expect(reference?.referenceCounts?.strong == 4)
    #expect(reference?.referenceCounts?.unowned == 2)
    // The first weak variable moves the counts elsewhere.
    let holder = box.value.map(Holder.init)
    #expect(reference?.referenceCounts?.unowned == 3)
    #expect(reference?.referenceCounts?.weak == 1)
    #expect(reference?.referenceCounts?.strong == 4)
    withExtendedLifetime((owners, unownedHolders, others, holder, queue)) {}
  }

  @Test("of a dead object there are none, and none while it dies")
  func dead() {
    let seen = Log<Bool>()
    let box = Box(Item())
    let reference = box.value.map { WeakRef($0) { seen.append($0.referenceCounts == nil) } }
    #expect(reference?.referenceCounts != nil)
    box.value = nil
    // Also where nobody has been told yet.
    #expect(reference?.referenceCounts == nil)
    settle()
    #expect(seen.all == [true])
    let erased: AnyWeakRef? = reference
    #expect(erased?.referenceCounts == nil)
  }
}
