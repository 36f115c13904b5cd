internal import Foundation

/// Waits for a condition on a thread that may not suspend, and lets delayed releases happen meanwhile.
struct DrainLoop {
  let limit: Duration
  let drains: [@Sendable () -> Void]
  /// How much longer than the limit what can't run is waited for.
  var patience: Duration = .seconds(5)

  /// From a microsecond up: nearly everything that dies late dies at once.
  private static let shortestPause: Duration = .microseconds(1)
  private static let longestPause: Duration = .milliseconds(10)
  private static let step: Duration = .milliseconds(100)
  /// Each turn of the run loop lets the main queue do all that was in it when the turn began.
  private static let mostTurns = 20

  /// Returns when the condition holds or the time is up: see `WaitingTime`.
  ///
  /// Where all threads of the global queues wait, as when checks do so on all of them, libdispatch makes another within
  /// a second or two.
  ///
  /// - Returns: What could not run meanwhile.
  func run(until isDone: () -> Bool) -> Set<ReadyPlace> {
    if isDone() { return [] }
    var time = WaitingTime(limit: limit)
    var places: [ReadyPlace] =
      MainQueue.isCurrentElsewhere ? [.globalQueue] : [.mainQueue, .globalQueue]
    var own: Set<ReadyPlace> = places.contains(.mainQueue) ? [] : [.ownMainQueue]
    let end = ContinuousClock.now + limit + patience
    var canaries = Canaries(to: places)
    var sent = ContinuousClock.now
    var wasSentAfter = time.left <= .zero
    /// Of the current canaries; a turn counts no more than a step, whatever else it ran.
    var age: Duration = .zero
    var turns = 0
    var pause = Self.shortestPause
    while true {
      for drain in drains { drain() }
      let start = ContinuousClock.now
      turn(for: pause)
      if isDone() { return own }
      let turned = min(start.duration(to: .now), Self.step)
      pause = min(pause * 2, Self.longestPause)
      age += turned
      turns += 1
      let outstanding = canaries.outstanding
      if outstanding.isEmpty {
        if wasSentAfter {
          if time.isOver(canariesTook: sent.duration(to: .now)) { return own }
          wasSentAfter = false
        } else {
          time.count(turned)
        }
        if time.left > .zero, age < Self.step { continue }
      } else if ContinuousClock.now > end {
        return outstanding.union(own)
      } else if Thread.isMainThread, outstanding == [.mainQueue], turns > Self.mostTurns {
        // It has turned often enough: this is what the main queue runs.
        places = [.globalQueue]
        own = [.ownMainQueue]
      } else {
        if age < Self.step { time.count(turned) }
        continue
      }
      canaries = Canaries(to: places)
      sent = .now
      wasSentAfter = time.left <= .zero
      age = .zero
      turns = 0
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

/// Whether this is what the main queue runs.
private enum MainQueue {
  private static let key: DispatchSpecificKey<Bool> = {
    let key = DispatchSpecificKey<Bool>()
    DispatchQueue.main.setSpecific(key: key, value: true)
    return key
  }()

  /// On another thread than the main one: the main thread counts as the main queue's at any time, and only trying tells.
  ///
  /// Swift Testing gives the main thread up; libdispatch's threads run the main queue then.
  static var isCurrentElsewhere: Bool {
    !Thread.isMainThread && DispatchQueue.getSpecific(key: key) == true
  }
}
