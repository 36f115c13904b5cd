internal import Dispatch
internal import Synchronization

/// One line on the terminal that says what goes on, and for how long; nothing elsewhere.
package final class Progress: Sendable {
  private struct Line {
    var phase: String
    var start: ContinuousClock.Instant
  }

  private let isShown: Bool
  private let more = Terminal.standardError.showsUnicode ? "…" : "..."
  private let line = Mutex<Line?>(nil)
  // Set once, before anybody else sees it.
  nonisolated(unsafe) private let timer: any DispatchSourceTimer

  package init(isShown: Bool) {
    self.isShown = isShown && Terminal.standardError.movesItsCursor
    timer = DispatchSource.makeTimerSource(queue: .global())
    guard self.isShown else { return }
    timer.schedule(deadline: .now() + 1, repeating: 1)
    timer.setEventHandler { [weak self] in self?.draw() }
    timer.resume()
  }

  deinit {
    // A timer that was never resumed must not be released.
    if !isShown { timer.resume() }
    timer.cancel()
  }

  package func show(_ phase: String) {
    guard isShown else { return }
    line.withLock { $0 = Line(phase: phase, start: .now) }
    draw()
  }

  private func draw() {
    // Under the lock: what is cleared stays clear.
    line.withLock { line in
      guard let line else { return }
      let seconds = line.start.duration(to: .now).components.seconds
      let time = seconds > 0 ? " \(seconds) s" : ""
      Terminal.standardError.write("\r\u{1b}[Kremnant: \(line.phase)\(more)\(time)")
    }
  }

  package func clear() {
    line.withLock { line in
      if line != nil { Terminal.standardError.write("\r\u{1b}[K") }
      line = nil
    }
  }
}
