import Ring
import XCTest

final class RingTestCase: XCTestCase {
  private let kept = Link()

  func testClean() { XCTAssertNil(Link().next) }

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
