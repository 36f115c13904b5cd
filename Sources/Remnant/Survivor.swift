internal import WeakReferences

/// An object that is alive past its scope.
///
/// The object itself can't be had from it: that would make it survive.
public struct Survivor: @unchecked Sendable {
  /// Fully qualified, as `String(reflecting:)` prints it.
  public let type: String
  /// What `track` was told.
  public let label: String?
  /// The name of the scope that it was tracked in; nil where that has none.
  public let scope: String?
  /// Since it was tracked.
  public let age: Duration
  /// Strong references, without the tracker's own.
  public let strongCount: Int
  /// `unowned` references.
  public let unownedCount: Int
  /// `weak` references that the runtime knows, without the tracker's own.
  public let weakCount: Int
  /// Where it was tracked.
  public let trackedAt: CallStack
  /// False where the main queue could not run while its death was waited for, and may be what holds it.
  package let couldMainRun: Bool
  let reference: WeakRef<AnyObject>

  /// Whether it is still alive: what died since was late, not leaked.
  public var isAlive: Bool { reference.isAlive }

  /// Where the object begins; nil once it is gone.
  var address: UInt64? {
    reference.object.map { UInt64(UInt(bitPattern: Unmanaged.passUnretained($0).toOpaque())) }
  }
}

extension Survivor: CustomStringConvertible {
  /// The type with its label, the counts, and the age.
  public var description: String {
    let name = label.map { "\(type) \"\($0)\"" } ?? type
    var counts = "strong \(strongCount)"
    if unownedCount > 0 { counts += ", unowned \(unownedCount)" }
    if weakCount > 0 { counts += ", weak \(weakCount)" }
    let place = scope.map { " in scope \"\($0)\"" } ?? ""
    return "\(name)\(place) is alive after \(readable(age)): \(counts)"
  }
}

/// Milliseconds below a second, otherwise seconds.
func readable(_ duration: Duration) -> String {
  let (seconds, attoseconds) = duration.components
  let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
  if milliseconds < 1000 { return "\(milliseconds) ms" }
  return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
}
