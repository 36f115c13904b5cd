internal import Remnant
public import WeakReferences

/// Waits for an object's death, and fails if it doesn't come.
///
/// ```swift
/// let gone = WeakRef(connection)
/// server.close()
/// await expectDeallocation(of: gone)
/// ```
///
/// It takes a reference because an argument would keep the object alive while it waits.
nonisolated(nonsending) public func expectDeallocation<Object: AnyObject>(
  of reference: WeakRef<Object>,
  within limit: Duration = .seconds(1),
  fileID: String = #fileID,
  file: StaticString = #filePath,
  line: UInt = #line,
  column: UInt = #column
) async {
  if await reference.deallocation(within: limit) { return }
  guard let counts = reference.referenceCounts else { return }
  let site = CallSite(fileID: fileID, file: file, line: line, column: column)
  if case .ignore(let types) = LeakCheckMode.current.action,
    types.contains(typeName(of: Object.self))
  {
    return
  }
  guard LeakCheckMode.isActive(at: site) else { return }
  TestFailure.recordLeak(
    "\(typeName(of: Object.self)) is alive: strong \(counts.strong)",
    at: site
  )
}
