internal import Remnant
public import Testing

/// Tracks an object until the enclosing scope or test ends, which fails if the object is still alive then.
///
/// ```swift
/// let controller = trackForMemoryLeaks(Controller())
/// ```
///
/// A failure is shown at this line. The scope is the innermost of `withLeakTracking`, a test or suite with the trait
/// `.leakTracking`, and in XCTest the test case, whose `tearDown` and teardown blocks run before the check. Without a
/// scope the test fails, because nothing would be checked.
///
/// The type can be a protocol's if the value is an object; anything else fails the test. The object isn't kept alive. The
/// label distinguishes it from others of its type in the report.
///
/// - Returns: The object.
@discardableResult
public func trackForMemoryLeaks<Object>(
  _ object: Object,
  label: String? = nil,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) -> Object {
  track(
    object,
    label,
    at: CallSite(fileID: fileID, file: file, line: line, column: column)
  )
  return object
}

/// The same for a wrapper in Swift Testing's manner, which has its caller's place as a `SourceLocation`.
@discardableResult
public func trackForMemoryLeaks<Object>(
  _ object: Object,
  label: String? = nil,
  sourceLocation: SourceLocation
) -> Object {
  track(object, label, at: CallSite(sourceLocation))
  return object
}

private func track(_ value: some Any, _ label: String?, at site: CallSite) {
  guard let object = object(value, at: site) else {
    CheckScope.current?.tracker.use()
    return
  }
  let scope = CheckScope.current
  // A tracker of the test's own may be in force, and has its own way to report what it finds.
  if let tracker = LeakTracker.current, tracker !== CheckScope.inTask?.tracker {
    tracker.track(object, label: label)
  } else if let scope {
    scope.track(object, label: label, at: site)
    TestCases.shared.checkIsWatched(at: site)
  } else {
    TestFailure.record(
      """
      no scope checks this object: use withLeakTracking, or add the trait .leakTracking to the test. When several \
      tests run at once, a detached task, a queue, or a thread can't be assigned to one of them: create the object in \
      the test's own task, or track it there
      """,
      at: site
    )
  }
}
