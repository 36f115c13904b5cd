import RemnantTesting
import XCTest

/// The matrix's cells for XCTest, run by `MatrixTests`.
final class MatrixTestCase: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(Fate.isChosen, "run by MatrixTests")
  }

  func testSync() {
    for fate in Fate.all {
      withLeakTracking { _ = trackForMemoryLeaks(fate.make()) }  // cell
    }
  }

  func testAsync() async {
    for fate in Fate.all {
      await withLeakTracking { _ = trackForMemoryLeaks(await fate.makeLater()) }  // cell
    }
  }

  func testThrowing() throws {
    for fate in Fate.all {
      try withLeakTracking { _ = trackForMemoryLeaks(try fate.makeOrThrow()) }  // cell
    }
  }

  @MainActor func testMainActor() async {
    for fate in Fate.all {
      await withLeakTracking { _ = trackForMemoryLeaks(await fate.makeLater()) }  // cell
    }
  }

  func testActor() async {
    let worker = Worker()
    for fate in Fate.all {
      await withLeakTracking { await worker.work { _ = trackForMemoryLeaks(fate.make()) } }  // cell
    }
  }

  func testParallel() async {
    for fate in Fate.all {
      await withTaskGroup(of: Void.self) { group in
        for other in Fate.allCases {
          group.addTask {
            let fate = other == .clean ? fate : .clean
            await withLeakTracking { _ = trackForMemoryLeaks(await fate.makeLater()) }  // cell
          }
        }
      }
    }
  }

  func testNested() {
    for fate in Fate.all {
      withLeakTracking {
        trackForMemoryLeaks(Cell())
        withLeakTracking { _ = trackForMemoryLeaks(fate.make()) }  // cell
      }
    }
  }

  // The test case itself is the scope.

  func testCaseClean() { trackForMemoryLeaks(Fate.clean.make()) }

  func testCaseCycle() {
    for _ in 0..<Fate.all.count / Fate.allCases.count {
      trackForMemoryLeaks(Fate.cycle.make())  // cell: cycle in all
    }
  }

  func testCaseGlobal() async {
    for _ in 0..<Fate.all.count / Fate.allCases.count {
      trackForMemoryLeaks(await Fate.global.makeLater())  // cell: global in all
    }
  }

  func testCaseLate() { trackForMemoryLeaks(Fate.late.make()) }

  func testSingle() {
    for fate in Fate.all {
      assertDeallocated { fate.make() }  // cell
    }
  }

  func testAllocations() {
    for fate in Fate.all {
      assertNoLeaks { _ = fate.make() }  // cell: cycle
    }
  }
}
