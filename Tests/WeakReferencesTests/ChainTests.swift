import Foundation
import Testing
import XCTest

/// CPython's `test_trashcan_16602`: long chains of deaths.
@Suite struct ChainTests {
  @Test(
    "R32 a chain of deaths goes as deep as ever, and its callbacks see no half-dead object",
    .disabled(if: isSanitized, "a sanitizer's frames are larger, and not by the same amount"),
    arguments: [512 << 10, 8 << 20]
  )
  func r32(stackSize: Int) {
    let depths = Box<ChainDepths>()
    POSIXThread(stackSize: stackSize) { depths.value = ChainDepths(stackSize: stackSize) }.join()
    #expect(depths.value?.areAlike == true, "\(String(describing: depths.value))")
  }
}

/// Swift Testing runs no test on the main thread, XCTest all of them.
final class MainThreadChainTests: XCTestCase {
  func testR32ChainsGoAsDeepOnTheMainThread() throws {
    try XCTSkipIf(isSanitized, "a sanitizer's frames are larger, and not by the same amount")
    XCTAssert(Thread.isMainThread)
    let depths = ChainDepths(stackSize: 8 << 20)
    XCTAssert(depths.areAlike, "\(depths)")
  }
}
