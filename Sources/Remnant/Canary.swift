internal import CTaskPool
internal import Dispatch
internal import Synchronization

/// Work that does nothing but run: as long as it hasn't, nothing else could that waits in the same place.
final class Canary: Sendable {
  private let isOver = Atomic<Bool>(false)

  init(on queue: DispatchQueue) {
    queue.async { self.isOver.store(true, ordering: .relaxed) }
  }

  /// Among the tasks of a priority, which have a queue of their own, of as many threads as there are processors.
  init(amongTasksOf priority: TaskPriority) {
    remnant_pool_set_ordinary(true)
    Task.detached(priority: priority) { self.isOver.store(true, ordering: .relaxed) }
    remnant_pool_set_ordinary(false)
  }

  var hasRun: Bool { isOver.load(ordering: .relaxed) }
}
