internal import CLinux

/// Runs work on a thread of its own, away from Swift's executors.
enum OwnThread {
  /// Unwinding and reading graphs recurse: the default of a small machine is too little.
  private static let stackSize = 16 << 20

  /// Runs `body` on a new thread, and waits for it.
  ///
  /// - Parameters:
  ///   - name: what the system shows, at most 15 bytes of it.
  ///   - body: what to run.
  /// - Returns: what `body` returned or threw.
  /// - Throws: `CaptureError` where the thread can't be started.
  static func run<Value, Failure: Error>(
    named name: String,
    _ body: () throws(Failure) -> Value
  ) throws(CaptureError) -> Result<Value, Failure> {
    var outcome: Result<Value, Failure>?
    let code = withoutActuallyEscaping(body) { body in
      // In this thread's frame, which keeps what the other one owns.
      var work: () -> Void = {
        do throws(Failure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
      }
      return withUnsafeMutablePointer(to: &work) { work in
        remnant_run_thread(
          name,
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
