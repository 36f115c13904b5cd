internal import Foundation
internal import Synchronization

/// Runs work on a thread of its own, away from Swift's executors and from other tracees' waits.
///
/// Every ptrace call on a process must come from the very thread that seized it.
package enum Tracer {
  /// Runs `body` on a new thread and waits for it.
  package static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(CaptureError) -> Value
  ) throws(CaptureError) -> Value {
    let outcome = Outcome<Value>()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      do throws(CaptureError) {
        outcome.set(.success(try body()))
      } catch {
        outcome.set(.failure(error))
      }
      done.signal()
    }
    // Unwinding and reading graphs recurse: the default of half a megabyte is too little.
    thread.stackSize = 16 << 20
    thread.name = "remnant-tracer"
    thread.start()
    done.wait()
    return try outcome.get()
  }

  private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, CaptureError>?>(nil)

    func set(_ value: Result<Value, CaptureError>) { result.withLock { $0 = value } }

    func get() throws(CaptureError) -> Value {
      guard let result = result.withLock({ $0 }) else {
        throw CaptureError(
          .systemCall("pthread_create"),
          message: "the tracer thread gave no result"
        )
      }
      return try result.get()
    }
  }
}
