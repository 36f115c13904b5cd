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
  private let number: UInt16

  /// - Parameter isAccepted: whether what is leaked of it is nobody's failure, also not that of who examines the
  ///   process from outside. It is so in a scope that is in such a one, too.
  package init(isAccepted: Bool = false) {
    let accepted = UInt16(REMNANT_ACCEPTED_SCOPES)
    let next = Self.lastNumber.add(1, ordering: .relaxed).newValue
    let isInAccepted = Self.current & accepted != 0
    number = next < accepted ? UInt16(next) | (isAccepted || isInAccepted ? accepted : 0) : 0
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

  /// What was allocated in the scope and is leaked; nil where nothing is.
  ///
  /// - Throws: `LeakScanError` where that can't be told.
  package func leaks(ignoring types: Set<String> = []) throws -> LeakScan? {
    guard number != 0 else {
      throw LeakScanError("32,767 scopes were used in this process: there are no more")
    }
    let isRecording = remnant_recorder().pointee.standing == REMNANT_STANDING_RECORDING.rawValue
    if isRecording, !remnant_scope_has_blocks(number) { return nil }
    return try LeakScan(forScope: number, ignoring: types)
  }
}
