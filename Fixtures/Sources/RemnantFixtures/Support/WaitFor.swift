import Dispatch

/// Runs asynchronous code to its end from the main thread, which stays outside Swift's executors.
@inline(never)
func waitFor(_ body: @escaping @Sendable () async -> Void) {
  waitUntilSignalled { isDone in
    Task.detached {
      await body()
      isDone()
    }
  }
}

/// Starts something and returns when that has called the function that it was given.
@inline(never)
func waitUntilSignalled(_ start: (@escaping @Sendable () -> Void) -> Void) {
  let signal = DispatchSemaphore(value: 0)
  start { signal.signal() }
  signal.wait()
}
