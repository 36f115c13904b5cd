internal import Remnant
public import Testing
// Clients of this module need the reference type that the function takes.
@_exported public import WeakReferences

/// Waits until an object is deallocated, and fails if it isn't.
///
/// ```swift
/// let gone = WeakRef(connection)
/// server.close()
/// await expectDeallocation(of: gone)
/// ```
///
/// It takes a `WeakRef` because passing the object itself would keep it alive during the wait.
nonisolated(nonsending) public func expectDeallocation<Object: AnyObject>(
  of reference: WeakRef<Object>,
  within limit: Duration = .seconds(1),
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async {
  await expectDeallocation(
    reference,
    limit,
    at: CallSite(fileID: fileID, file: file, line: line, column: column)
  )
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
nonisolated(nonsending) public func expectDeallocation<Object: AnyObject>(
  of reference: WeakRef<Object>,
  within limit: Duration = .seconds(1),
  sourceLocation: SourceLocation
) async {
  await expectDeallocation(reference, limit, at: CallSite(sourceLocation))
}

nonisolated(nonsending) private func expectDeallocation<Object: AnyObject>(
  _ reference: WeakRef<Object>,
  _ limit: Duration,
  at site: CallSite
) async {
  LeakTracker.current?.use()
  let tracker = LeakTracker()
  track(tracker, reference)
  await report(
    tracker.drain(within: limit, patience: Patience.suspending),
    at: TrackedPlace(site: site, mode: .current)
  )
}

/// A function of its own, so that no frame that goes on holds the object.
@inline(never)
private func track<Object: AnyObject>(
  _ tracker: LeakTracker,
  _ reference: WeakRef<Object>
) {
  if let object = reference.object { tracker.track(object) }
}
