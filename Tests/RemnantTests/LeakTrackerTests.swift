import Dispatch
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

  @Test("tells the scope that a survivor was tracked in, the innermost with a name")
  func scopes() {
    let tracker = LeakTracker()
    let kept = (0..<3).map { _ in Tracked() }
    tracker.track(kept[0])
    tracker.scope("login") {
      tracker.track(kept[1])
      tracker.scope { _ = tracker.track(kept[2]) }
    }
    #expect(tracker.survivors.map(\.scope) == [nil, "login", "login"])
    #expect(tracker.survivors[1].description.contains("in scope \"login\" is alive"))
    withExtendedLifetime(kept) {}
  }

  @Test(
    "a wait in a task that is cancelled goes on to the object's death"
  )
  func cancelled() async {
    let tracker = LeakTracker()
    func holdForAWhile() {
      let object = tracker.track(Tracked())
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) {
        withExtendedLifetime(object) {}
      }
    }
    holdForAWhile()
    let survivors = await Task { () -> Int in
      withUnsafeCurrentTask { $0?.cancel() }
      return await tracker.drain(within: .seconds(30)).count
    }.value
    #expect(survivors == 0)
  }

  @inline(never)
  private func giveAll(_ owners: [Tracked], _ tracker: LeakTracker) {
    let shared = tracker.track(Tracked(), label: "shared")
    for owner in owners { owner.other = shared }
  }
}
