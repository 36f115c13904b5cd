internal import WeakReferences

/// A weak reference to a tracked object, with what it is and where and when it was tracked.
///
/// The object is asked whether it lives and is counted, never used: so it may be looked at from any thread.
struct Probe: @unchecked Sendable {
  let reference: WeakRef<AnyObject>
  let type: any Any.Type
  let label: String?
  let scope: String?
  let callStack: CallStack
  let context: (any Sendable)?
  private let start: ContinuousClock.Instant

  init(_ object: AnyObject, label: String?, scope: String?, context: (any Sendable)? = nil) {
    reference = WeakRef(object)
    type = Swift.type(of: object)
    self.label = label
    self.scope = scope
    self.context = context
    callStack = CallStack()
    start = .now
  }

  var isAlive: Bool { reference.isAlive }

  /// Returns when the object is dead or the time is up.
  nonisolated(nonsending) func death(within limit: Duration) async {
    // In a task of its own: one that is canceled waits for nothing, and would ask again and again.
    _ = await Task { await reference.deallocation(within: limit) }.value
  }

  /// The same, and also when canaries are back.
  nonisolated(nonsending) func death(within limit: Duration, or canaries: Canaries) async {
    let wait = Task { await reference.deallocation(within: limit) }
    canaries.whenBack { wait.cancel() }
    _ = await wait.value
  }

  /// Nil once the object is gone.
  func survivor(blocked: Set<ReadyPlace> = []) -> Survivor? {
    guard let counts = reference.referenceCounts else { return nil }
    return Survivor(
      type: typeName(of: type),
      label: label,
      scope: scope,
      age: start.duration(to: .now),
      strongCount: counts.strong,
      unownedCount: counts.unowned,
      weakCount: counts.weak,
      trackedAt: callStack,
      blocked: blocked,
      context: context,
      reference: reference
    )
  }
}

/// A type's name as reports print it: a private type's has the address of its file's context in it.
package func typeName(of type: any Any.Type) -> String {
  String(reflecting: type).replacing(#/\(unknown context at \$[0-9a-f]+\)\./#, with: "")
}
