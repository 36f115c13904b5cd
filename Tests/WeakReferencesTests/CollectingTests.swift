import Testing

@testable import WeakReferences

/// Collecting, where there is nothing to collect.
@Suite struct CollectingTests {
  @Test("an object that is dead but not told of yet is left to the thread that released it")
  func leavingDeathsAlone() {
    guard !WeakReferences.isLazy else { return }
    final class Session {}
    let slot = unsafeBitCast(Session.self, to: UnsafeMutablePointer<UnsafeRawPointer>.self) - 2
    let original = slot.pointee
    let calls = Counter()
    var session: Session? = Session()
    let reference = session.map { WeakRef($0) { _ in calls.increment() } }
    // As if that thread had come no further.
    slot.pointee = original
    session = nil
    #expect(WeakReferences.collect() == 0)
    #expect(reference?.isAlive == false)
    #expect(calls.value == 0)
  }
}
