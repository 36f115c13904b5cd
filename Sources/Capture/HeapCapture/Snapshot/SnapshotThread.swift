internal import CLinux
internal import Glibc

/// A thread that takes a snapshot of its own process and examines it, and does nothing else.
///
/// So nothing on its stack is the program's, and what stale words it has there hold nothing: the whole stack is left out
/// of the snapshot.
package struct SnapshotThread {
  /// The thread that waits until this one has ended.
  let waitingThread: Int32

  /// Unwinding and reading graphs recurse: the default of a small machine is too little.
  private static let stackSize = 16 << 20

  /// Runs `body` on a new thread, and waits for it.
  package static func run<Value, Failure: Error>(
    _ body: (SnapshotThread) throws(Failure) -> Value
  ) throws(CaptureError) -> Result<Value, Failure> {
    let thread = SnapshotThread(waitingThread: remnant_thread_number())
    var outcome: Result<Value, Failure>?
    let code = withoutActuallyEscaping(body) { body in
      // In this thread's frame, which keeps what the other one owns when the snapshot is taken.
      var work: () -> Void = {
        do throws(Failure) { outcome = .success(try body(thread)) } catch {
          outcome = .failure(error)
        }
      }
      return withUnsafeMutablePointer(to: &work) { work in
        remnant_run_thread(
          "remnant-snapshot",
          stackSize,
          { $0.assumingMemoryBound(to: (() -> Void).self).pointee() },
          work
        )
      }
    }
    guard let outcome else { throw CaptureError(.systemCall("pthread_create"), errno: code) }
    return outcome
  }
}
