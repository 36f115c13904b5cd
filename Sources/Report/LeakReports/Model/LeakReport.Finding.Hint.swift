extension LeakReport.Finding {
  /// What to change, and whether it was shown to help.
  package struct Hint: Sendable, Hashable, Codable {
    /// An imperative: "make `Pet.owner` weak".
    package var text: String
    /// Indices into `path`.
    package var edges: [Int]
    /// How many objects the analysis frees without those references.
    package var frees: Int
    /// Whether that is the whole finding.
    package var verified: Bool
    /// Why these references and no others, as a clause.
    package var reason: String
    /// What the change is, for programs.
    package var change: Change

    package enum Change: String, Sendable, Hashable, Codable {
      case weaken
      case breakByHand = "break-by-hand"
      case balanceRetain = "balance-retain"
      case resumeTask = "resume-task"
      case deinitialize
      case call
    }
  }
}
