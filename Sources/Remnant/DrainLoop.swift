internal import Foundation

/// Waits for a condition on a thread that may not suspend, and lets delayed releases happen meanwhile.
struct DrainLoop {
  let limit: Duration
  let drains: [@Sendable () -> Void]

  /// From a microsecond up: nearly everything that dies late dies at once.
  private static let shortestPause: Duration = .microseconds(1)
  private static let longestPause: Duration = .milliseconds(10)

  /// How much longer than the limit the global queues are waited for, and how long an object has when they are back.
  private static let patience: Duration = .seconds(5)
  static let comeback: Duration = .milliseconds(100)

  /// Returns when the condition holds or the time is up.
  ///
  /// Where all threads of the global queues wait, as when checks do so on all of them, libdispatch makes another within
  /// a second or two: until then nothing could have released the object, so the time doesn't count.
  ///
  /// - Returns: Whether the main queue could run meanwhile: not where this is what it runs.
  func run(until isDone: () -> Bool) -> Bool {
    if isDone() { return true }
    // The main thread lets its queue run itself.
    let main = Thread.isMainThread ? nil : Canary(on: .main)
    let others = Canary(on: .global())
    var deadline = ContinuousClock.now + limit
    let late = deadline + Self.comeback
    let end = deadline + Self.patience
    var pause = Self.shortestPause
    var wasAway = false
    while ContinuousClock.now < deadline || !others.hasRun && ContinuousClock.now < end {
      for drain in drains { drain() }
      turn(for: pause)
      if isDone() { return true }
      pause = min(pause * 2, Self.longestPause)
      if !others.hasRun {
        wasAway = ContinuousClock.now > late
      } else if wasAway {
        wasAway = false
        deadline = .now + Self.comeback
      }
    }
    return main?.hasRun != false
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
