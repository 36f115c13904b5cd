internal import ELF
internal import Glibc

/// This very process: a copy is made while its threads stand still, and is read when they go on.
///
/// The threads stand still only while the kernel copies the page tables.
package struct OwnProcessSource: SnapshotSource {
  private let recorderState: Address
  private let thread: SnapshotThread

  /// - Parameters:
  ///   - recorderState: the address of the recorder's tables.
  ///   - thread: the thread that this is called on.
  package init(recorderState: Address, on thread: SnapshotThread) {
    self.recorderState = recorderState
    self.thread = thread
  }

  package func heap(
    progress: @escaping @Sendable (String) -> Void
  ) throws(CaptureError) -> CapturedHeap {
    let twin = try FrozenTwin()
    var snapshot = try ProcessSnapshot(
      of: twin.process,
      threads: twin.threads(),
      unstoppable: twin.unstoppable,
      kernel: KernelRoots(process: getpid()),
      recorderState: recorderState,
      symbols: .shared
    )
    snapshot.allocations.ownRanges.append(twin.ownRange)
    snapshot.snapshotThread = twin.caller
    snapshot.waitingThread = thread.waitingThread
    var heap = try HeapReader(of: snapshot).heap(progress: progress)
    heap.pause = twin.pause
    return heap
  }
}
