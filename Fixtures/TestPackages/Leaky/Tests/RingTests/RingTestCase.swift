import Foundation
import Ring
import XCTest

final class RingTestCase: XCTestCase {
  private let kept = Link()

  func testClean() { XCTAssertNil(Link().next) }

  /// XCTest polls with a timer and a closure of its own, and Foundation never frees the timer.
  func testPolls() {
    let start = Date()
    let isOver = NSPredicate { _, _ in Date().timeIntervalSince(start) > 0.01 }
    wait(for: [XCTNSPredicateExpectation(predicate: isOver, object: nil)], timeout: 60)
  }

  func testKeeps() { XCTAssertNil(kept.next) }

  func testRing() { XCTAssertNotNil(makeRing().next) }

  func testAsync() async {
    await Task.yield()
    XCTAssertNotNil(makeRing().next)
  }
}

final class OtherTestCase: XCTestCase {
  func testClean() { XCTAssertNil(Link().next) }
}
