import RemnantTesting
import Testing

/// The matrix's cells for Swift Testing, run by `MatrixTests`: each says, by failing or not, what its object's fate was.
///
/// One line for each check: failures are told apart by it.
@Suite(.enabled(if: Fate.isChosen)) struct MatrixCells {
  @Test(arguments: Fate.all) func sync(_ fate: Fate) {
    withLeakTracking { _ = trackForMemoryLeaks(fate.make()) }  // cell
  }

  @Test(arguments: Fate.all) func async(_ fate: Fate) async {
    await withLeakTracking { _ = trackForMemoryLeaks(await fate.makeLater()) }  // cell
  }

  @Test(arguments: Fate.all) func throwing(_ fate: Fate) throws {
    try withLeakTracking { _ = trackForMemoryLeaks(try fate.makeOrThrow()) }  // cell
  }

  @Test(arguments: Fate.all) @MainActor func mainActor(_ fate: Fate) {
    withLeakTracking { _ = trackForMemoryLeaks(fate.make()) }  // cell
  }

  @Test(arguments: Fate.all) func actor(_ fate: Fate) async {
    let worker = Worker()
    await withLeakTracking { await worker.work { _ = trackForMemoryLeaks(fate.make()) } }  // cell
  }

  /// Four scopes at once, each with an object of its own.
  @Test(arguments: Fate.all) func parallel(_ fate: Fate) async {
    await withTaskGroup(of: Void.self) { group in
      for other in Fate.allCases {
        group.addTask {
          let fate = other == .clean ? fate : .clean
          await withLeakTracking { _ = trackForMemoryLeaks(await fate.makeLater()) }  // cell
        }
      }
    }
  }

  @Test(arguments: Fate.all) func nested(_ fate: Fate) {
    withLeakTracking {
      trackForMemoryLeaks(Cell())
      withLeakTracking { _ = trackForMemoryLeaks(fate.make()) }  // cell
    }
  }

  @Test(.leakTracking, arguments: Fate.all) func trait(_ fate: Fate) {
    trackForMemoryLeaks(fate.make())  // cell
  }

  @Test(arguments: Fate.all) func single(_ fate: Fate) {
    assertDeallocated { fate.make() }  // cell
  }

  @Test(arguments: Fate.all) func singleAsync(_ fate: Fate) async {
    await assertDeallocated { await fate.makeLater() }  // cell
  }

  /// What a global holds is no leak.
  @Test(arguments: Fate.all) func allocations(_ fate: Fate) {
    assertNoLeaks { _ = fate.make() }  // cell: cycle
  }
}
