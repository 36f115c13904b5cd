internal import ELF
internal import Glibc

/// This very process: a copy is made while its threads stand still, and is read when they go on.
///
/// The threads stand still only while the kernel copies the page tables.
package struct OwnProcessSource: SnapshotSource {
  private let recorderState: UInt64
  private let ownPrefixes: [String]
  private let prepare: @Sendable () -> Void

  /// - Parameters:
  ///   - recorderState: the address of the recorder's tables.
  ///   - ownPrefixes: how the mangled names of the functions begin that ask for the snapshot: what the calling thread has
  ///     on its stack for them names nothing.
  ///   - prepare: called on the thread that reads the copy, before it does.
  package init(
    recorderState: UInt64,
    ownPrefixes: [String],
    onTracer prepare: @escaping @Sendable () -> Void
  ) {
    self.recorderState = recorderState
    self.ownPrefixes = ownPrefixes
    self.prepare = prepare
  }

  package func heap(
    progress: @escaping @Sendable (String) -> Void
  ) throws(CaptureError) -> CapturedHeap {
    let twin = try FrozenTwin()
    defer { twin.end() }
    return try Tracer.run { () throws(CaptureError) -> CapturedHeap in
      prepare()
      var snapshot = try ProcessSnapshot(
        of: twin.process,
        threads: twin.threads(),
        unstoppable: twin.unstoppable,
        kernel: KernelRoots(process: getpid()),
        recorderState: recorderState,
        symbols: .shared
      )
      snapshot.allocations.ownRanges.append(twin.ownRange)
      snapshot.caller = twin.caller
      snapshot.ownPrefixes = ownPrefixes
      var heap = try HeapReader(of: snapshot).heap(progress: progress)
      heap.pause = twin.pause
      return heap
    }
  }
}
