internal import CLinux

/// A thread that takes a snapshot of its own process and examines it, and does nothing else.
///
/// So nothing on its stack is the program's, and what stale words it has there hold nothing: the whole stack is left out
/// of the snapshot.
package struct SnapshotThread {
  /// The thread that waits until this one has ended.
  let waitingThread: Int32

  /// Runs `body` on a new thread, and waits for it.
  package static func run<Value, Failure: Error>(
    _ body: (SnapshotThread) throws(Failure) -> Value
  ) throws(CaptureError) -> Result<Value, Failure> {
    let thread = SnapshotThread(waitingThread: remnant_thread_number())
    return try OwnThread.run(named: "remnant-snapshot") { () throws(Failure) in try body(thread) }
  }
}
