internal import Foundation

/// Waits for a condition on a thread that may not suspend, and lets delayed releases happen meanwhile.
struct DrainLoop {
  let limit: Duration
  let drains: [@Sendable () -> Void]

  /// From a microsecond up: nearly everything that dies late dies at once.
  private static let shortestPause: Duration = .microseconds(1)
  private static let longestPause: Duration = .milliseconds(10)

  /// Returns when the condition holds or the time is up.
  func run(until isDone: () -> Bool) {
    if isDone() { return }
    let deadline = ContinuousClock.now + limit
    var pause = Self.shortestPause
    while ContinuousClock.now < deadline {
      for drain in drains { drain() }
      turn(for: pause)
      if isDone() { return }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  /// Lets the main queue and the main run loop do what waits there; elsewhere just lets others run.
  private func turn(for pause: Duration) {
    let start = ContinuousClock.now
    if Thread.isMainThread {
      _ = RunLoop.main.run(mode: .default, before: Date(timeIntervalSinceNow: seconds(pause)))
    }
    // A run loop without sources comes back at once.
    let rest = pause - start.duration(to: .now)
    if rest > .zero { Thread.sleep(forTimeInterval: seconds(rest)) }
  }

  private func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
