/// Runs work that traces another process.
///
/// Every ptrace call on a process must come from the very thread that seized it, which waits for no other tracee.
package enum Tracer {
  /// Runs `body` on a new thread and waits for it.
  package static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(CaptureError) -> Value
  ) throws(CaptureError) -> Value {
    try OwnThread.run(named: "remnant-tracer", body).get()
  }
}
