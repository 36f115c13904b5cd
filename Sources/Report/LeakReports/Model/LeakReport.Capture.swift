extension LeakReport {
  /// How the snapshot of the heap was taken.
  package struct Capture: Sendable, Hashable, Codable {
    /// What the snapshot was taken at.
    package enum Moment: String, Sendable, Hashable, Codable {
      case exit, interrupt, after, attach, scope
    }

    package var moment: Moment
    /// Whether everything that was to be read was read.
    package var complete: Bool
    /// What was left out on purpose, one sentence each.
    package var skipped: [String]
    /// Bytes that should have been read and could not.
    package var unreadable: Int
    /// From the start of the snapshot to the end of the analysis.
    package var durationSeconds: Double
    /// How long the program stood still.
    package var pauseSeconds: Double

    package init(
      moment: Moment,
      complete: Bool,
      skipped: [String] = [],
      unreadable: Int = 0,
      durationSeconds: Double,
      pauseSeconds: Double
    ) {
      self.moment = moment
      self.complete = complete
      self.skipped = skipped
      self.unreadable = unreadable
      self.durationSeconds = durationSeconds
      self.pauseSeconds = pauseSeconds
    }
  }
}
