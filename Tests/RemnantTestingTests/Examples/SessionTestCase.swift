import RemnantTesting
import XCTest

final class SessionTestCase: XCTestCase {
  override func setUpWithError() throws { try XCTSkipUnless(Session.isShown) }

  // example: XCTestCase
  func testSessionDies() {
    let session = trackForMemoryLeaks(Session())
    session.start()
  }
  // end
}
