import RemnantTesting
import Testing
import WeakReferences

@Suite(.enabled(if: Session.isShown), .serialized) struct SessionTests {
  // example: assertDeallocated
  @Test func diesAfterUse() {
    assertDeallocated {
      let session = Session()
      session.start()
      return session
    }
  }
  // end

  // example: trackForMemoryLeaks
  @Test func leavesNothing() {
    withLeakTracking(within: .milliseconds(100)) {
      let first = trackForMemoryLeaks(Session(), label: "first")
      let second = trackForMemoryLeaks(Session(), label: "second")
      first.start()
      second.stop()
    }
  }
  // end

  // example: leakTracking
  @Test(.leakTracking(within: .milliseconds(100))) func endsClean() {
    let session = trackForMemoryLeaks(Session())
    session.start()
  }
  // end

  // example: assertNoLeaks
  @Test func allocatesNothingForEver() {
    assertNoLeaks {
      let session = Session()
      session.start()
    }
  }
  // end

  // example: expectDeallocation
  @Test func diesSoon() async {
    let gone = startedSession()
    await expectDeallocation(of: gone, within: .milliseconds(100))
  }

  func startedSession() -> WeakRef<Session> {
    let session = Session()
    session.start()
    return WeakRef(session)
  }
  // end
}
