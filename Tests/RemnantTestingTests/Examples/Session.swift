import Foundation

/// What the examples test: a session that keeps itself alive once it has started.
final class Session {
  var onClose: (() -> Void)?

  func start() { onClose = { self.stop() } }
  func stop() {}

  /// Whether the examples are to run, and fail: only where `HelperExampleTests` compares what they say.
  static let isShown = ProcessInfo.processInfo.environment["REMNANT_EXAMPLES"] != nil
}
