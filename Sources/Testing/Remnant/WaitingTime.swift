/// How much of the time that an object has to die in is left.
///
/// Only time counts in which what its release waits for could run: rounds of a step each, with canaries sent when the step
/// is over. Nothing is judged before those of the last step are back, so everything that was ready then has begun.
struct WaitingTime {
  /// An object that had to wait may have as long once the places are back.
  static let comeback: Duration = .milliseconds(100)
  /// Canaries that are back sooner had nothing to wait for.
  private static let promptness: Duration = .milliseconds(50)
  /// Where a place is never idle, as the main queue of a suite on the main actor: a release that takes several steps has
  /// had as many turns by then.
  private static let mostComebacks = 5

  private(set) var left: Duration
  private var comebacks = 0

  init(limit: Duration) { left = limit }

  mutating func count(_ elapsed: Duration) { left -= elapsed }

  /// Whether the time is over, once canaries are back that were sent after it was.
  mutating func isOver(canariesTook delay: Duration) -> Bool {
    guard left <= .zero else { return false }
    if delay < Self.promptness || comebacks == Self.mostComebacks { return true }
    comebacks += 1
    left = Self.comeback
    return false
  }
}
