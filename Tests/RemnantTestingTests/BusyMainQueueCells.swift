import Dispatch
import Foundation
import RemnantTesting
import Testing
import XCTest

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_BUSY_MAIN_QUEUE"] != nil

private final class Thing: @unchecked Sendable {
  var own: Thing?

  static func onMainQueue() -> Thing {
    let thing = Thing()
    DispatchQueue.main.async { withExtendedLifetime(thing) {} }
    return thing
  }
}

@MainActor private final class Model {
  private var value = 0
  func loadInTask() { Task { value += 1 } }
  func loadLater() { DispatchQueue.main.async { self.value += 1 } }
  func loadInSteps() {
    Task {
      await Task.detached { await Task.yield() }.value
      value += 1
      loadLater()
    }
  }
}

/// Blocks the thread.
private func work(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }

/// Run by `BusyMainQueueTests`.
@Suite(.enabled(if: isChosen)) struct BusyMainQueueCells {
  /// More work than the limit, all of which is there at once.
  @Suite(.enabled(if: isChosen)) struct OnMainActor {
    @MainActor @Test(.leakTracking(within: .milliseconds(100)), arguments: 0..<30)
    func task(_ number: Int) {
      trackForMemoryLeaks(Model()).loadInTask()
      work(0.015)
    }

    @MainActor @Test(.leakTracking(within: .milliseconds(100)), arguments: 0..<30)
    func queue(_ number: Int) {
      trackForMemoryLeaks(Model()).loadLater()
      work(0.015)
    }

    @MainActor @Test(.leakTracking(within: .milliseconds(100)), arguments: 0..<30)
    func steps(_ number: Int) async {
      trackForMemoryLeaks(Model()).loadInSteps()
      work(0.015)
      await Task.yield()
    }
  }

  /// All wait for the same block, which takes longer than the limit.
  @Suite(.enabled(if: isChosen), .serialized) struct Held {
    private func hold() { DispatchQueue.main.async { work(1) } }

    @Test func synchronously() {
      hold()
      assertDeallocated(within: .milliseconds(100)) { Thing.onMainQueue() }
    }

    @Test func asynchronously() async {
      hold()
      await assertDeallocated(within: .milliseconds(100)) { Thing.onMainQueue() }
    }

    @Test(.leakTracking(within: .milliseconds(100))) func trait() {
      hold()
      trackForMemoryLeaks(Thing.onMainQueue())
    }
  }

  /// The release waits in the queue of an actor that something else has.
  @Suite(.enabled(if: isChosen), .serialized) struct OnActor {
    private actor Store {
      func block() { work(4) }
      func read(_ thing: Thing) {}
    }

    private func held(by store: Store) -> Thing {
      let thing = Thing()
      let isRunning = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        Task.detached {
          isRunning.signal()
          await store.block()
        }
      }
      isRunning.wait()
      // The block is in its queue before.
      work(0.1)
      Task.detached { await store.read(thing) }
      return thing
    }

    @Test func synchronously() {
      let store = Store()
      assertDeallocated(within: .milliseconds(100)) { held(by: store) }
    }

    @Test func asynchronously() async {
      let store = Store()
      await assertDeallocated(within: .milliseconds(100)) { held(by: store) }
    }
  }

  @Suite(.enabled(if: isChosen)) struct Leaked {
    private func leak() -> Thing {
      DispatchQueue.main.async { work(0.5) }
      let thing = Thing()
      thing.own = thing
      return thing
    }

    @Test func synchronously() { assertDeallocated(within: .zero) { leak() } }
    @MainActor @Test func onMainActor() { assertDeallocated(within: .zero) { leak() } }
    @MainActor @Test(.leakTracking(within: .zero)) func trait() { trackForMemoryLeaks(leak()) }
  }

  @Suite(.enabled(if: isChosen)) struct Undecided {
    @MainActor @Test func synchronously() {
      assertDeallocated(within: .milliseconds(20)) { Thing.onMainQueue() }
    }

    /// What is undecided isn't fixed.
    @MainActor @Test func known() {
      knownLeak("until it is decided") {
        assertDeallocated(within: .milliseconds(20)) { Thing.onMainQueue() }
      }
    }
  }
}

/// Run by `BusyMainQueueTests`.
final class BusyMainQueueCase: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(isChosen, "run by BusyMainQueueTests")
    DispatchQueue.main.async { work(2) }
  }

  func testSync() { assertDeallocated { Thing.onMainQueue() } }
  func testScope() { withLeakTracking { _ = trackForMemoryLeaks(Thing.onMainQueue()) } }
  func testCase() { trackForMemoryLeaks(Thing.onMainQueue()) }
  func testAsync() async { await assertDeallocated { Thing.onMainQueue() } }
  func testAsyncCase() async { trackForMemoryLeaks(Thing.onMainQueue()) }
}

/// Run by `BusyMainQueueTests`.
///
/// The checks have the main queue themselves, so that nothing else there can run meanwhile.
final class UndecidedCase: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(isChosen, "run by BusyMainQueueTests")
  }

  private func checkOnMainQueue() {
    let isOver = expectation(description: "checked")
    DispatchQueue.main.async {
      assertDeallocated(within: .milliseconds(20)) { Thing.onMainQueue() }
      isOver.fulfill()
    }
    wait(for: [isOver], timeout: 60)
  }

  func testOnce() { checkOnMainQueue() }
  func testAgain() { checkOnMainQueue() }
}
