/// The deaths that a queue has to deliver, and those who wait for them.
final class PendingDeaths<Element: Sendable>: Sendable {
  private typealias Watch = QueueWatch<Element>

  private struct Waiter {
    let number: Int
    let continuation: CheckedContinuation<QueueWatch<Element>?, Never>
  }

  private struct State {
    var first: Watch?
    var last: Watch?
    var count = 0
    var waiters: [Waiter] = []
    var lastNumber = 0
    var isFinished = false
    /// The queue was released.
    var isClosed = false

    mutating func pop() -> Watch? {
      guard let watch = first else { return nil }
      first = watch.next
      watch.next = nil
      if first == nil {
        last = nil
      }
      count -= 1
      return watch
    }
  }

  private let state = Guarded(State())

  var count: Int { state.withLock { $0.count } }

  func pop() -> QueueWatch<Element>? { state.withLock { $0.pop() } }

  func push(_ watch: QueueWatch<Element>) {
    let waiter: Waiter? = state.withLock { state in
      if state.isClosed { return nil }
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      if let last = state.last {
        last.next = watch
      } else {
        state.first = watch
      }
      state.last = watch
      state.count += 1
      return nil
    }
    waiter?.continuation.resume(returning: watch)
  }

  func finish() {
    let waiters = state.withLock { state in
      state.isFinished = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters {
      waiter.continuation.resume(returning: nil)
    }
  }

  /// Drops what is there and what is still to come, from handlers that are on their way.
  func close() {
    state.withLock { $0.isClosed = true }
    finish()
    while pop() != nil {}
  }

  func next(isolation actor: isolated (any Actor)?) async -> QueueWatch<Element>? {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation(isolation: actor) { continuation in
        wait(Waiter(number: number, continuation: continuation))
      }
    } onCancel: {
      stopWaiting(number)
    }
  }

  private func wait(_ waiter: Waiter) {
    // A cancellation may come before or after: it finds the waiter, or is found here.
    let (isOver, watch): (Bool, Watch?) = state.withLock { state in
      if let watch = state.pop() { return (true, watch) }
      if state.isFinished || Task.isCancelled { return (true, nil) }
      state.waiters.append(waiter)
      return (false, nil)
    }
    if isOver {
      waiter.continuation.resume(returning: watch)
    }
  }

  private func stopWaiting(_ number: Int) {
    let waiter: Waiter? = state.withLock { state in
      guard let place = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
      return state.waiters.remove(at: place)
    }
    waiter?.continuation.resume(returning: nil)
  }
}
