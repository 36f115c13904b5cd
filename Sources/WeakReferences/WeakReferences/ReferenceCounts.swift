internal import CWeakReferences

/// How many references an object has, without what the runtime counts for itself and without this library's own.
///
/// It is an estimate of a moment: a build without optimization holds more temporary references than one with, other
/// threads continue, and an immortal object has a huge count. Compare counts; don't rely on exact numbers.
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
    let mark = wr_own_unowned_references(address)
    self.init(
      strong: swift_retainCount(address),
      unowned: swift_unownedRetainCount(address) - mark,
      weak: swift_weakRetainCount(address)
    )
  }

  /// - Parameters: As the runtime counts: the object has one unowned reference of itself, and all weak ones together have
  ///   one to the side table.
  init(strong: Int, unowned: Int, weak: Int) {
    self.strong = strong
    self.unowned = max(0, unowned - 1)
    self.weak = max(0, weak - 1)
  }
}

extension AnyWeakRef {
  /// The object's reference counts, or nil once it is dead.
  ///
  /// Taken without holding the object: the caller's own variables, if there are any, are all that is counted too much.
  ///
  /// - Complexity: O(1)
  final public var referenceCounts: ReferenceCounts? {
    var strong = 0
    var unowned = 0
    var weak = 0
    guard wr_count_references(&watch.pointee.record, &strong, &unowned, &weak) else { return nil }
    return ReferenceCounts(strong: strong, unowned: unowned, weak: weak)
  }
}
