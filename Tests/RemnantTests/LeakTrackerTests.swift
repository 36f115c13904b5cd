import Remnant
import Testing

final class Tracked {
  var other: Tracked?
}

@Suite("The tracker") struct LeakTrackerTests {
  @Test("forgets what is dead")
  func dead() {
    let tracker = LeakTracker()
    for _ in 0..<10 { tracker.track(Tracked()) }
    #expect(tracker.trackedCount == 10)
    #expect(tracker.drain(within: .zero).isEmpty)
  }
}
