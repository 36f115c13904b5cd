import Remnant
import Testing

final class Tracked: @unchecked Sendable {
  var other: Tracked?
  unowned(safe) var unownedOther: Tracked?
}

@Suite("The tracker") struct LeakTrackerTests {
  @Test("forgets what is dead")
  func dead() {
    let tracker = LeakTracker()
    for _ in 0..<10 { tracker.track(Tracked()) }
    #expect(tracker.trackedCount == 10)
    #expect(tracker.drain(within: .zero).isEmpty)
  }

  @Test("tells how many references a survivor has, its own left out", arguments: 1...4)
  func counts(owners count: Int) throws {
    let tracker = LeakTracker()
    let owners = (0..<count).map { _ in Tracked() }
    giveAll(owners, tracker)
    let survivor = try #require(tracker.survivors.first)
    #expect(survivor.type == "RemnantTests.Tracked" && survivor.label == "shared")
    #expect(survivor.strongCount == count)
    #expect(survivor.unownedCount == 0)
    #expect(survivor.isAlive)
    for owner in owners { owner.other = nil }
    #expect(!survivor.isAlive)
    #expect(tracker.survivors.isEmpty)
  }

  @inline(never)
  private func giveAll(_ owners: [Tracked], _ tracker: LeakTracker) {
    let shared = tracker.track(Tracked(), label: "shared")
    for owner in owners { owner.other = shared }
  }
}
