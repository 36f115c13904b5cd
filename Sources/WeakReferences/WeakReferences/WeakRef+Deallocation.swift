internal import CWeakReferences

extension AnyWeakRef {
  /// Waits until the object is dying, and says whether it is.
  ///
  /// ```swift
  /// let gone = WeakRef(controller)
  /// controller.close()
  /// #expect(await gone.deallocation(within: .seconds(1)))
  /// ```
  ///
  /// True means that the object is being deallocated: its last strong reference is gone, and no new one can be made. It doesn't
  /// mean that its `deinit` has run: that may still be running on the thread that released it, or be waiting for its actor.
  /// What the `deinit` does itself, and what the object's own properties hold, can be a little later.
  ///
  /// It is a method of the reference because a method of the object would keep the object alive while it waits. In lazy
  /// mode it collects every few milliseconds.
  ///
  /// - Parameter limit: How long to wait; nil, or more than a century, to wait forever.
  /// - Returns: False if the time was up or the task was canceled before.
  /// - Complexity: O(1)
  nonisolated(nonsending)
    public func deallocation(within limit: Duration? = nil) async -> Bool
  {
    // The runtime's clocks count nanoseconds in 64 bits, and stop the process where those don't do.
    let century = Duration.seconds(100 * 366 * 86_400)
    let limit = limit.flatMap { $0 < century ? $0 : nil }
    if WeakReferences.isLazy { return await deallocationByCollecting(within: limit) }
    let outcome = Outcome()
    let watch = OutcomeWatch(outcome)
    // Nothing here holds the object while it waits.
    guard anyObject.map(watch.start) ?? false else { return true }
    let timer = limit.map { limit in
      Task {
        try await Task.sleep(for: limit)
        outcome.settle(false)
      }
    }
    let isDead = await withTaskCancellationHandler {
      await withCheckedContinuation { outcome.wait($0) }
    } onCancel: {
      outcome.settle(false)
    }
    timer?.cancel()
    watch.stop()
    return isDead
  }

  nonisolated(nonsending)
    private func deallocationByCollecting(within limit: Duration?) async -> Bool
  {
    let deadline = limit.map { ContinuousClock.now + $0 }
    while isAlive {
      let isLate = deadline.map { $0 <= ContinuousClock.now } ?? false
      if isLate || Task.isCancelled { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    WeakReferences.collect()
    return true
  }
}

/// A result that arrives once, before or after it is waited for.
private final class Outcome: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Bool, Never>)
    case settled(Bool)
  }

  private let state = Guarded(State.open)

  func settle(_ result: Bool) {
    let continuation: CheckedContinuation<Bool, Never>? = state.withLock { state in
      switch state {
      case .open:
        state = .settled(result)
        return nil
      case .awaited(let continuation):
        state = .settled(result)
        return continuation
      case .settled:
        return nil
      }
    }
    continuation?.resume(returning: result)
  }

  func wait(_ continuation: CheckedContinuation<Bool, Never>) {
    let result: Bool? = state.withLock { state in
      if case .settled(let result) = state { return result }
      state = .awaited(continuation)
      return nil
    }
    if let result {
      continuation.resume(returning: result)
    }
  }
}

private final class OutcomeWatch: DeathWatch, @unchecked Sendable {
  private let outcome: Outcome

  init(_ outcome: Outcome) {
    self.outcome = outcome
    super.init(kind: wr_kind_owned_callback)
  }

  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) { outcome.settle(true) }
}
