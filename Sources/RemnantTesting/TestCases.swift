internal import CRemnantTesting
internal import Remnant
internal import Synchronization
internal import XCTest

/// The test case of XCTest that is running, and what it tracks.
///
/// XCTest runs one at a time, on the main thread.
final class TestCases: NSObject, XCTestObservation, Sendable {
  static let shared = TestCases()

  private struct Running: Sendable {
    let tracker = LeakTracker()
    /// Whether anybody learns of the end before XCTest closes its books.
    let isWatched: Bool
    /// Of the first tracked object: failures are shown there.
    var site: CallSite?
  }

  private let running = Mutex<Running?>(nil)

  private let hasBegun = Atomic<Bool>(false)

  /// Whether this process runs tests of XCTest: those of Swift Testing have a process of their own.
  var isXCTest: Bool { hasBegun.load(ordering: .relaxed) }

  var isRunning: Bool { running.withLock { $0 != nil } }

  /// False where no test case is running.
  func track(_ object: AnyObject, label: String?, at site: CallSite) -> Bool {
    let current = running.withLock { running in
      if running?.site == nil { running?.site = site }
      return running
    }
    guard let current else { return false }
    if !current.isWatched {
      TestFailure.record("this XCTest is unknown: use withLeakTracking in the test", at: site)
    }
    current.tracker.track(object, label: label)
    return true
  }

  func testBundleWillStart(_ testBundle: Bundle) { hasBegun.store(true, ordering: .relaxed) }

  func testCaseWillStart(_ testCase: XCTestCase) {
    let isWatched = remnant_testing_wrap_invocation(
      unsafeBitCast(type(of: testCase), to: UnsafeMutableRawPointer.self),
      unsafeBitCast(XCTestCase.self, to: UnsafeMutableRawPointer.self)
    )
    running.withLock { $0 = Running(isWatched: isWatched) }
  }

  /// After `tearDown` and every teardown block: what these release isn't there any more.
  func testCaseEnded() {
    let ended = running.withLock { $0 }
    guard let ended, let site = ended.site else { return }
    report(ended.tracker.drain(within: .seconds(1)), at: site)
  }

  func testCaseDidFinish(_ testCase: XCTestCase) { running.withLock { $0 = nil } }
}

@_cdecl("remnant_testing_loaded")
func remnantTestingLoaded() {
  XCTestObservationCenter.shared.addTestObserver(TestCases.shared)
}

@_cdecl("remnant_testing_case_ended")
func remnantTestingCaseEnded() { TestCases.shared.testCaseEnded() }
