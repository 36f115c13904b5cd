internal import CTaskPool
internal import Remnant
public import Testing

/// Fails unless the object that `make` returns is deallocated once the call no longer holds it.
///
/// ```swift
/// @Test func controllerGoes() {
///   assertDeallocated {
///     let controller = Controller()
///     controller.start()
///     return controller
///   }
/// }
/// ```
///
/// Works in XCTest and in Swift Testing, and fails at the line of the call. A check that passes costs a few
/// microseconds. What a task or a queue releases within the limit isn't a leak. On the main thread, where XCTest's tests
/// run, the main queue and the run loop run while it waits. For that, a Swift Testing test on the main actor has to be
/// asynchronous and call the check with `await`: otherwise work that waits for the main actor can't run, and the check
/// is reported as undecided.
///
/// - Throws: What `make` throws.
@_disfavoredOverload  // Async functions take the other.
public func assertDeallocated<Object>(
  within limit: Duration = .seconds(1),
  _ make: () throws -> Object,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  try assertDeallocated(limit, make, at: site)
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
@_disfavoredOverload  // Async functions take the other.
public func assertDeallocated<Object>(
  within limit: Duration = .seconds(1),
  sourceLocation: SourceLocation,
  _ make: () throws -> Object
) rethrows {
  try assertDeallocated(limit, make, at: CallSite(sourceLocation))
}

/// The same for what is made asynchronously; other work goes on while it waits.
nonisolated(nonsending) public func assertDeallocated<Object>(
  within limit: Duration = .seconds(1),
  _ make: nonisolated(nonsending) () async throws -> Object,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async rethrows {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  try await assertDeallocated(limit, make, at: site)
}

/// The same for a wrapper.
nonisolated(nonsending) public func assertDeallocated<Object>(
  within limit: Duration = .seconds(1),
  sourceLocation: SourceLocation,
  _ make: nonisolated(nonsending) () async throws -> Object
) async rethrows {
  try await assertDeallocated(limit, make, at: CallSite(sourceLocation))
}

@_disfavoredOverload
private func assertDeallocated(
  _ limit: Duration,
  _ make: () throws -> some Any,
  at site: CallSite
) rethrows {
  let tracker = LeakTracker()
  remnant_pool_begin_waiting()
  defer { remnant_pool_end_waiting() }
  try track(tracker, make, at: site)
  report(
    tracker.drain(within: limit, patience: Patience.blocking),
    at: TrackedPlace(site: site, mode: .current)
  )
}

nonisolated(nonsending) private func assertDeallocated<Object>(
  _ limit: Duration,
  _ make: nonisolated(nonsending) () async throws -> Object,
  at site: CallSite
) async rethrows {
  let tracker = LeakTracker()
  try await track(tracker, make, at: site)
  await report(
    tracker.drain(within: limit, patience: Patience.suspending),
    at: TrackedPlace(site: site, mode: .current)
  )
}

// Functions of their own, so that no frame that goes on holds the object.

@inline(never)
private func track(
  _ tracker: LeakTracker,
  _ make: () throws -> some Any,
  at site: CallSite
) rethrows {
  if let object = object(try make(), at: site) { tracker.track(object) }
  tracker.use()
}

@inline(never)
nonisolated(nonsending) private func track<Object>(
  _ tracker: LeakTracker,
  _ make: nonisolated(nonsending) () async throws -> Object,
  at site: CallSite
) async rethrows {
  if let object = object(try await make(), at: site) { tracker.track(object) }
  tracker.use()
}
