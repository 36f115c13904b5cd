import Census
import Dispatch
import GRDB
import Synchronization

/// The best players: follows the database for as long as it is there.
final class Leaderboard: Sendable {
  private let names = Mutex<[String]>([])
  private let observation = Mutex<AnyDatabaseCancellable?>(nil)
  private let hasChanged = DispatchSemaphore(value: 0)

  init() { Census.born(self) }
  deinit { Census.died(self) }

  var leaders: [String] { names.withLock { $0 } }

  func follow(_ database: DatabasePool, on queue: DispatchQueue, _ mode: Mode) {
    let best = ValueObservation.tracking { database in
      try Player.order(Column("score").desc).limit(3).fetchAll(database)
    }
    let onChange: @Sendable ([Player]) -> Void =
      switch mode {
      case .clean: { [weak self] in self?.show($0) }
      case .leaky: { self.show($0) }
      }
    let cancellable = best.start(
      in: database,
      scheduling: .async(onQueue: queue),
      onError: { fatalError("\($0)") },
      onChange: onChange
    )
    observation.withLock { $0 = cancellable }
  }

  /// Several changes may arrive as one.
  func wait(forLeader name: String) {
    repeat { hasChanged.wait() } while leaders.first != name
  }

  private func show(_ players: [Player]) {
    names.withLock { $0 = players.map(\.name) }
    hasChanged.signal()
  }
}
