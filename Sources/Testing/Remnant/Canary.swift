internal import CTaskPool
internal import Dispatch
internal import Synchronization

/// A place in which the work waits that an object's release may need.
package enum ReadyPlace: String, Sendable, CaseIterable {
  /// The main queue, which is the main actor's as well.
  case mainQueue = "the main queue"
  /// The same, where the check itself runs on it and doesn't suspend: nothing else can run there.
  case ownMainQueue = "the main queue, on which the check itself runs"
  case pool = "the threads that run tasks"
  case globalQueue = "the global queues"
}

/// Work that does nothing but run, in several places: when it has, everything has begun that was ready there before.
///
/// The places' queues are first in, first out.
final class Canaries: Sendable {
  private struct State {
    var outstanding: [ReadyPlace: Int] = [:]
    var whenBack: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// Sends one to each place; the tasks of each priority have a queue of their own, of as many threads as there are processors.
  init(to places: [ReadyPlace], priorities: [TaskPriority] = []) {
    state.withLock { state in
      for place in places { state.outstanding[place, default: 0] += 1 }
      if !priorities.isEmpty { state.outstanding[.pool] = priorities.count }
    }
    if places.contains(.mainQueue) { DispatchQueue.main.async { self.arrive(from: .mainQueue) } }
    if places.contains(.globalQueue) {
      DispatchQueue.global().async { self.arrive(from: .globalQueue) }
    }
    remnant_pool_set_ordinary(true)
    for priority in priorities {
      Task.detached(priority: priority) { self.arrive(from: .pool) }
    }
    remnant_pool_set_ordinary(false)
  }

  /// Where none has come back from.
  var outstanding: Set<ReadyPlace> { state.withLock { Set($0.outstanding.keys) } }

  /// Calls `body` once, when all are back: at once where they are.
  func whenBack(_ body: @escaping @Sendable () -> Void) {
    let areBack = state.withLock { state in
      if state.outstanding.isEmpty { return true }
      state.whenBack = body
      return false
    }
    if areBack { body() }
  }

  private func arrive(from place: ReadyPlace) {
    let whenBack: (@Sendable () -> Void)? = state.withLock { state in
      let count = state.outstanding[place, default: 1] - 1
      state.outstanding[place] = count == 0 ? nil : count
      guard state.outstanding.isEmpty else { return nil }
      defer { state.whenBack = nil }
      return state.whenBack
    }
    whenBack?()
  }
}
