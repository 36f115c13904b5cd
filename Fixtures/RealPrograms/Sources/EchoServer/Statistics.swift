import Census
import Synchronization

/// What all connections together have done.
final class Statistics: Sendable {
  private let echoedBytes = Atomic(0)

  init() { Census.born(self) }
  deinit { Census.died(self) }

  var total: Int { echoedBytes.load(ordering: .relaxed) }

  func add(_ bytes: Int) {
    echoedBytes.add(bytes, ordering: .relaxed)
  }
}
