extension LeakReport.Finding {
  /// Tasks that wait for a stuck one: a consequence, which goes with it.
  package struct Waiter: Sendable, Hashable, Codable {
    package var count: Int
    /// The function that waits.
    package var function: String
    @NullEncoded package var file: String?
    @NullEncoded package var line: Int?
    /// What it waits for: "the tasks of its group".
    @NullEncoded package var wait: String?
  }
}
