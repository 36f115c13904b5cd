internal import Dispatch
internal import Synchronization

/// Work that does nothing but run: as long as it hasn't, nothing else could that waits in the same place.
final class Canary: Sendable {
  private let isOver = Atomic<Bool>(false)

  init(on queue: DispatchQueue) {
    queue.async { self.isOver.store(true, ordering: .relaxed) }
  }

  var hasRun: Bool { isOver.load(ordering: .relaxed) }
}
