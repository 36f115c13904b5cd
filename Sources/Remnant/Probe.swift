internal import WeakReferences

/// A weak eye on one object: what it is, and where and when somebody began to look.
///
/// The object is asked whether it lives and is counted, never used: so it may be looked at from any thread.
struct Probe: @unchecked Sendable {
  let reference: WeakRef<AnyObject>
  let type: any Any.Type
  let label: String?
  let callStack: CallStack
  let start: ContinuousClock.Instant

  init(_ object: AnyObject, label: String?) {
    reference = WeakRef(object)
    type = Swift.type(of: object)
    self.label = label
    callStack = CallStack()
    start = .now
  }

  var isAlive: Bool { reference.isAlive }

  /// Nil once the object is gone.
  func survivor() -> Survivor? {
    guard let counts = reference.referenceCounts else { return nil }
    return Survivor(
      type: String(reflecting: type),
      label: label,
      age: start.duration(to: .now),
      strongCount: counts.strong,
      unownedCount: counts.unowned,
      weakCount: counts.weak,
      trackedAt: callStack,
      reference: reference
    )
  }
}
