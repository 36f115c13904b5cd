import CWeakReferences
import Foundation
import Testing

@testable import WeakReferences

/// Waiting for a death.
@Suite struct DeallocationTests {
  /// A limit that is never reached.
  private let long = Duration.seconds(3_600)

  private func make() -> (WeakRef<Item>, Box<Item>) {
    let item = Item()
    return (WeakRef(item), Box(item))
  }

  @Test("a death ends the wait, with a limit and without")
  func death() async {
    for limit in [nil, long] {
      let (reference, box) = make()
      async let isDead = reference.deallocation(within: limit)
      await Task.yield()
      box.value = nil
      #expect(await isDead)
      #expect(reference.object == nil)
    }
  }

  @MainActor @Test("a death on another thread ends a wait that has begun")
  func deathWhileWaiting() async {
    let (reference, box) = make()
    var hasBegun = false
    let waiter = Task { @MainActor in
      hasBegun = true
      return await reference.deallocation(within: nil)
    }
    // The main actor is free again once the waiter waits.
    while !hasBegun { await Task.yield() }
    await Task.detached { POSIXThread { box.value = nil }.join() }.value
    #expect(await waiter.value)
  }

  @Test("of an object that is dead, nobody waits, whatever the limit")
  func deadAlready() async {
    let (reference, box) = make()
    box.value = nil
    for limit in [nil, long, .zero, .seconds(-1)] {
      #expect(await reference.deallocation(within: limit))
    }
    #expect(await Task { await reference.deallocation() }.value)
  }

  @Test(
    "a limit ends the wait, and the object lives on",
    arguments: [Duration.zero, .milliseconds(1), .seconds(-1)]
  )
  func limit(_ limit: Duration) async {
    let (reference, box) = make()
    #expect(await !reference.deallocation(within: limit))
    #expect(reference.isAlive)
    // Somebody else, or the same again, may go on waiting.
    #expect(await !reference.deallocation(within: limit))
    box.value = nil
    #expect(await reference.deallocation(within: limit))
  }

  @Test(
    "cancelling the task ends the wait, before it and during it",
    arguments: [nil, Duration.seconds(3_600)]
  )
  func cancellation(limit: Duration?) async {
    let (reference, box) = make()
    for yields in 0..<20 {
      let waiter = Task { await reference.deallocation(within: limit) }
      for _ in 0..<yields { await Task.yield() }
      waiter.cancel()
      #expect(await !waiter.value)
    }
    #expect(reference.isAlive)
    withExtendedLifetime(box) {}
  }

  @Test("several tasks wait for one object, and each for its own time")
  func severalWaiters() async {
    let (reference, box) = make()
    let patient = (0..<5).map { _ in Task { await reference.deallocation(within: nil) } }
    let impatient = (0..<5).map { _ in Task { await reference.deallocation(within: .zero) } }
    for waiter in impatient { #expect(await !waiter.value) }
    box.value = nil
    for waiter in patient { #expect(await waiter.value) }
  }

  @Test("a wait that is over leaves nothing behind")
  func leftovers() async {
    let box = Box(Item())
    func waitInVain(_ reference: WeakRef<Item>) async {
      #expect(await !reference.deallocation(within: .zero))
      let waiter = Task { await reference.deallocation() }
      waiter.cancel()
      #expect(await !waiter.value)
    }
    if let reference = box.value.map({ WeakRef($0) }) { await waitInVain(reference) }
    // Neither a reference nor the registry's mark: nobody watches it any more.
    #expect(box.value.map { weakReferenceCount(of: $0) } == 0)
    #expect(
      box.value.map { wr_own_unowned_references(Unmanaged.passUnretained($0).toOpaque()) } == 0
    )
  }

  @Test("the reference that waits can be the last that there is")
  func temporaryReference() async {
    let box = Box(Item())
    async let isDead = box.value.map { WeakRef($0) }?.deallocation(within: long) ?? false
    await Task.yield()
    box.value = nil
    // It may have been gone before there was a reference.
    _ = await isDead
    let other = Box(Item())
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let waiter = other.value.map { WeakRef($0) }.map { reference in
      Task {
        continuation.yield()
        return await reference.deallocation(within: nil)
      }
    }
    for await _ in started { break }
    other.value = nil
    #expect(await waiter?.value == true)
  }

  @Test("in lazy mode a wait collects: what the death left to do is done when it ends")
  func lazily() async {
    await #expect(processExitsWith: .success) {
      WeakReferences.isLazy = true
      let (set, box, calls) = (WeakSet<DerivedItem>(), Box(DerivedItem()), Counter())
      box.value.map { _ = set.insert($0) }
      guard let reference = box.value.map({ WeakRef($0) { _ in calls.increment() } }) else {
        exit(1)
      }
      guard await !reference.deallocation(within: .zero) else { exit(2) }
      guard await !reference.deallocation(within: .milliseconds(20)) else { exit(3) }
      let cancelled = Task { await reference.deallocation() }
      cancelled.cancel()
      guard await !cancelled.value, set.count == 1 else { exit(4) }
      let waiter = Task { await reference.deallocation() }
      await Task.yield()
      box.value = nil
      guard await waiter.value, calls.value == 1, set.count == 0 else { exit(5) }
      guard await reference.deallocation(within: .zero), wr_read_statistics().patched_classes == 0
      else { exit(6) }
    }
  }
}
