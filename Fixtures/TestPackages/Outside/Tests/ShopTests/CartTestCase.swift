import Foundation
import RemnantTesting
import Shop
import XCTest

final class CartTestCase: XCTestCase {
  func testDies() {
    assertDeallocated { Cart() }
  }

  func testIsTracked() async {
    await withLeakTracking { trackForMemoryLeaks(Cart()).add("tea") }
  }

  /// Fails: `.ci/outside` expects that.
  func testLeaks() throws {
    try XCTSkipUnless(ProcessInfo.processInfo.environment["SHOP_LEAKS"] != nil)
    let cart = trackForMemoryLeaks(Cart())
    cart.onChange = { _ = cart.items }
  }
}
