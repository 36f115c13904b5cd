internal import CWeakReferences

/// How many references an object has, without what the runtime counts for itself and without this library's own.
///
/// It is an estimate of a moment: a build without optimization holds more temporary references than one with, other
/// threads go on, and an immortal object has a huge count. Compare counts, don't expect numbers.
public struct ReferenceCounts: Equatable, Sendable {
  /// Strong references, those of the caller's variables included.
  public let strong: Int
  /// `unowned` references.
  public let unowned: Int
  /// `weak` references; the runtime doesn't promise that the number is exact.
  public let weak: Int

  /// Counts the references to `object`.
  ///
  /// - Complexity: O(1)
  public init(of object: AnyObject) {
    let address = Unmanaged.passUnretained(object).toOpaque()
    strong = Int(swift_retainCount(address))
    // The object has one unowned reference of itself, and all weak ones together have one to the side table.
    let mark = wr_own_unowned_references(address)
    unowned = max(0, Int(swift_unownedRetainCount(address)) - 1 - Int(mark))
    weak = max(0, Int(swift_weakRetainCount(address)) - 1)
  }
}
