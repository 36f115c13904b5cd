internal import Synchronization

/// One line on the terminal that says what goes on; nothing elsewhere.
final class Progress: Sendable {
  private let isShown: Bool
  private let isDrawn = Mutex(false)

  init(isShown: Bool) {
    self.isShown = isShown && Terminal.standardError.isInteractive
  }

  func show(_ phase: String) {
    guard isShown else { return }
    isDrawn.withLock { $0 = true }
    Terminal.standardError.write("\r\u{1b}[Kremnant: \(phase)…")
  }

  func clear() {
    guard
      isDrawn.withLock({ drawn in
        defer { drawn = false }
        return drawn
      })
    else { return }
    Terminal.standardError.write("\r\u{1b}[K")
  }
}
