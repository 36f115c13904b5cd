internal import CRemnantRecorder
internal import Synchronization

/// What is allocated while a body runs, on its task, in its child tasks and in what it calls.
///
/// Other threads that the body starts without a task are not in the scope.
package struct AllocationScope: Sendable {
  /// The recorder reads it, too, at every allocation.
  @TaskLocal static var current: UInt16 = 0

  private static let lastNumber = Atomic<UInt32>(0)

  /// 0 where all numbers are used up.
  let number: UInt16

  /// - Parameter isAccepted: whether leaks in it are accepted, also by a tool that examines the process from outside.
  ///   They are accepted in nested scopes, too.
  package init(isAccepted: Bool = false) {
    let accepted = UInt16(REMNANT_ACCEPTED_SCOPES)
    let next = Self.lastNumber.add(1, ordering: .relaxed).newValue
    let isInAccepted = Self.current & accepted != 0
    number = next < accepted - 1 ? UInt16(next) | (isAccepted || isInAccepted ? accepted : 0) : 0
  }

  /// What an object is leaked with counts as allocated in an accepted scope from here on.
  package static func accept(_ object: AnyObject) {
    remnant_scope_adopt(Unmanaged.passUnretained(object).toOpaque())
  }

  package func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    remnant_scope_open(Unmanaged.passUnretained(Self.$current).toOpaque())
    defer { remnant_scope_close() }
    return try Self.$current.withValue(number) { try body() }
  }

  nonisolated(nonsending) package func run<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    remnant_scope_open(Unmanaged.passUnretained(Self.$current).toOpaque())
    defer { remnant_scope_close() }
    return try await Self.$current.withValue(number) { try await body() }
  }

  /// Why nothing can be said of it; nil where something can.
  var error: LeakScanError? {
    number == 0
      ? LeakScanError("this process has used all 32,766 scopes: split the tests into several runs")
      : nil
  }

  /// The numbers of those of which any object may live.
  ///
  /// Where nothing is recorded there is none to ask: all, so that the snapshot says why.
  static func haveObjects(_ scopes: [AllocationScope]) -> Set<UInt16> {
    if scopes.isEmpty { return [] }
    guard remnant_recorder().pointee.standing == REMNANT_STANDING_RECORDING.rawValue else {
      return Set(scopes.map(\.number))
    }
    var hasObjects = [Bool](repeating: false, count: 1 << 16)
    remnant_scopes_with_objects(&hasObjects)
    return Set(scopes.map(\.number).filter { hasObjects[Int($0)] })
  }
}
