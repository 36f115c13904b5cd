/// One small program: an enum that is also the namespace of its classes.
protocol Scenario {
  /// What the command line and the expectation's file call it.
  static var name: String { get }

  /// Returns before the program ends, so that its dead frames leave stale words behind, unless the
  /// scenario is about something else.
  static func run()
}
