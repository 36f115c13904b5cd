/// Another process, which is stopped, read, and detached.
package struct StoppedProcessSource: SnapshotSource {
  private let process: Int32
  private let recorderState: Address
  private let recorderPath: String?
  private let exitThread: Int32?

  /// - Parameters:
  ///   - process: its number.
  ///   - recorderState: the address of the recorder's tables in it.
  ///   - recorderPath: the recorder's library, whose data isn't the program's; nil where it is part of the program.
  ///   - exitThread: the thread that waits in the recorder because it ends the program; nil where the program goes on.
  package init(
    process: Int32,
    recorderState: Address,
    recorderPath: String?,
    exitThread: Int32? = nil
  ) {
    self.process = process
    self.recorderState = recorderState
    self.recorderPath = recorderPath
    self.exitThread = exitThread
  }

  package func heap(
    progress: @escaping @Sendable (String) -> Void
  ) throws(CaptureError) -> CapturedHeap {
    try Tracer.run { () throws(CaptureError) -> CapturedHeap in
      let start = ContinuousClock.now
      progress("stopping threads")
      let stopped = try StoppedProcess(process: process)
      defer { stopped.resume() }
      progress("reading the recorder's tables")
      var snapshot = try ProcessSnapshot(
        of: process,
        threads: stopped.threads,
        unstoppable: stopped.unstoppable,
        kernel: KernelRoots(process: process),
        recorderState: recorderState,
        recorderPath: recorderPath
      )
      snapshot.exitThread = exitThread
      var heap = try HeapReader(of: snapshot).heap(progress: progress)
      heap.pause = ContinuousClock.now - start
      return heap
    }
  }
}
