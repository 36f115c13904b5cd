internal import CTaskPool
internal import Remnant

/// Fails unless the object that `make` returns dies when nothing of the call holds it any more.
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
/// microseconds. What a task or a queue releases within the limit is no leak. On the main thread, where XCTest's tests
/// run, the main queue and the run loop turn while it waits. A test of Swift Testing on the main actor has to be
/// asynchronous for that, and call the check with `await`: else nothing that waits for the main actor can run, and the
/// failure says that it is undecided.
///
/// - Throws: What `make` throws.
@_disfavoredOverload  // Async functions take the other.
public func assertDeallocated<Object: AnyObject>(
  within limit: Duration = .seconds(1),
  _ make: () throws -> Object,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) rethrows {
  let tracker = LeakTracker()
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  remnant_pool_begin_waiting()
  defer { remnant_pool_end_waiting() }
  try track(tracker, make, at: site)
  report(tracker.drain(within: limit), at: site)
}

/// The same for what is made asynchronously; other work goes on while it waits.
nonisolated(nonsending) public func assertDeallocated<Object: AnyObject>(
  within limit: Duration = .seconds(1),
  _ make: nonisolated(nonsending) () async throws -> Object,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async rethrows {
  let tracker = LeakTracker()
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  try await track(tracker, make, at: site)
  await report(tracker.drain(within: limit), at: site)
}

// Functions of their own, so that no frame that goes on holds the object.

@inline(never)
private func track(
  _ tracker: LeakTracker,
  _ make: () throws -> some AnyObject,
  at site: CallSite
) rethrows {
  refuseBox(tracker.track(try make()), at: site)
}

@inline(never)
nonisolated(nonsending) private func track<Object: AnyObject>(
  _ tracker: LeakTracker,
  _ make: nonisolated(nonsending) () async throws -> Object,
  at site: CallSite
) async rethrows {
  refuseBox(tracker.track(try await make()), at: site)
}
