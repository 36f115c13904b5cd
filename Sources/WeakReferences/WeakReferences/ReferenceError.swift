/// Why a weak reference couldn't be used.
public enum ReferenceError: Error, Equatable, CustomStringConvertible {
  /// The object's last strong reference is gone.
  case objectDied

  /// What happened, in a sentence.
  public var description: String { "The weakly referenced object was deallocated." }
}
