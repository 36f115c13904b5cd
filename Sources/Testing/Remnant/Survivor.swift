internal import WeakReferences

/// An object that is alive past its scope.
///
/// It doesn't give access to the object, which would keep it alive.
public struct Survivor: @unchecked Sendable {
  /// Fully qualified, as `String(reflecting:)` prints it.
  public let type: String
  /// The label that was passed to `track`.
  public let label: String?
  /// The name of the scope that it was tracked in; nil where that has none.
  public let scope: String?
  /// The time since it was tracked.
  public let age: Duration
  /// Strong references, without the tracker's own.
  public let strongCount: Int
  /// `unowned` references.
  public let unownedCount: Int
  /// `weak` references that the runtime knows, without the tracker's own.
  public let weakCount: Int
  /// Where it was tracked.
  public let trackedAt: CallStack
  /// Where nothing could run while its death was waited for: what was to release it may be waiting there.
  package let blocked: Set<ReadyPlace>
  /// What it was tracked with.
  package let context: (any Sendable)?
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

extension Survivor {
  /// Returns when all are dead or the time is up.
  nonisolated(nonsending) package static func wait(
    for survivors: [Survivor],
    within limit: Duration
  ) async {
    let end = ContinuousClock.now + limit
    for survivor in survivors where survivor.isAlive {
      let reference = survivor.reference
      let rest = max(.zero, ContinuousClock.now.duration(to: end))
      _ = await Task { await reference.deallocation(within: rest) }.value
    }
  }

  /// The same for a thread that can't suspend.
  @_disfavoredOverload
  package static func wait(for survivors: [Survivor], within limit: Duration) {
    _ = DrainLoop(limit: limit, drains: [], patience: .zero).run {
      survivors.allSatisfy { !$0.isAlive }
    }
  }
}
