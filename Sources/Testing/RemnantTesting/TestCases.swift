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
    let scope = CheckScope()
    /// Whether the end is heard of before XCTest closes its books.
    let isWatched: Bool
    let testCase: Reference
  }

  /// XCTest keeps its test cases to the end of the process.
  private struct Reference: @unchecked Sendable {
    weak var testCase: XCTestCase?
  }

  /// What the running test case is, as reports call it; nil where none is running.
  var typeName: String? {
    running.withLock { $0?.testCase }?.testCase.map { String(reflecting: type(of: $0)) }
  }

  /// Fails the running test case at a place that is known only at run time.
  func record(_ message: String, file: String, line: UInt) {
    running.withLock { $0?.testCase }?.testCase?.recordFailure(
      withDescription: "failed - \(message)",
      inFile: file,
      atLine: Int(line),
      expected: true
    )
  }

  private let running = Mutex<Running?>(nil)

  private let hasBegun = Atomic<Bool>(false)

  /// Whether this process runs tests of XCTest: those of Swift Testing have a process of their own.
  var isXCTest: Bool { hasBegun.load(ordering: .relaxed) }

  var isRunning: Bool { running.withLock { $0 != nil } }

  /// The scope that the running test case is.
  var scope: CheckScope? { running.withLock { $0?.scope } }

  /// Fails in a test case whose end isn't heard of.
  func checkIsWatched(at site: CallSite) {
    guard CheckScope.inTask == nil, running.withLock({ $0?.isWatched }) == false else { return }
    TestFailure.record("this XCTest isn't supported: use withLeakTracking in the test", at: site)
  }

  func testBundleWillStart(_ testBundle: Bundle) { hasBegun.store(true, ordering: .relaxed) }

  func testCaseWillStart(_ testCase: XCTestCase) {
    let isWatched = remnant_testing_wrap_invocation(
      unsafeBitCast(type(of: testCase), to: UnsafeMutableRawPointer.self),
      unsafeBitCast(XCTestCase.self, to: UnsafeMutableRawPointer.self)
    )
    let reference = Reference(testCase: testCase)
    running.withLock { $0 = Running(isWatched: isWatched, testCase: reference) }
  }

  /// After `tearDown` and every teardown block: what these release isn't there anymore.
  func testCaseEnded() {
    guard let scope else { return }
    if scope.tracker.isUsed {
      let survivors = scope.tracker.drain(within: .seconds(1), patience: Patience.blocking)
      // Each knows its own place.
      let site = CallSite(fileID: #fileID, file: #filePath, line: #line, column: #column)
      report(survivors, at: TrackedPlace(site: site, mode: .current))
    }
    scope.end()
  }

  func testCaseDidFinish(_ testCase: XCTestCase) { running.withLock { $0 = nil } }
}

@_cdecl("remnant_testing_loaded")
func remnantTestingLoaded() {
  XCTestObservationCenter.shared.addTestObserver(TestCases.shared)
}

@_cdecl("remnant_testing_case_ended")
func remnantTestingCaseEnded() { TestCases.shared.testCaseEnded() }
