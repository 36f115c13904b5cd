internal import Remnant

/// Watches an object until the enclosing scope or test ends, which fails if the object is still alive then.
///
/// ```swift
/// let controller = trackForMemoryLeaks(Controller())
/// ```
///
/// The scope is the innermost of `withLeakTracking`, a test or suite with the trait `.leakTracking`, and in
/// XCTest the test case, whose `tearDown` and teardown blocks run before the check. Where there is none,
/// the test fails: nothing would be checked.
///
/// The object isn't kept alive. The label tells it from others of its type in the report.
///
/// - Returns: The object.
@discardableResult
public func trackForMemoryLeaks<Object: AnyObject>(
  _ object: Object,
  label: String? = nil,
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) -> Object {
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  refuseBox(object, at: site)
  if let tracker = LeakTracker.current {
    tracker.track(object, label: label)
  } else if !TestCases.shared.track(object, label: label, at: site) {
    TestFailure.record(
      "nothing checks this object: use withLeakTracking, or add the trait .leakTracking to the test",
      at: site
    )
  }
  return object
}

/// Fails for a value that was cast to `AnyObject`: what would be watched is the box that the cast made, not
/// anything of the program's.
func refuseBox(_ object: AnyObject, at site: CallSite) {
  guard ObjectIdentifier(type(of: object)) == boxType else { return }
  TestFailure.record(
    "this is no object, but a value in a box that the cast to AnyObject made: track the object itself",
    at: site
  )
}

private struct Value {}
private let boxType = ObjectIdentifier(type(of: Value() as AnyObject))
