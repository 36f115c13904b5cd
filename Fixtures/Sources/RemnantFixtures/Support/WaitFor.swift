import Dispatch

/// Runs asynchronous code to its end from the main thread, which stays outside Swift's executors.
@inline(never)
func waitFor(_ body: @escaping @Sendable () async -> Void) {
  let done = DispatchSemaphore(value: 0)
  Task.detached {
    await body()
    done.signal()
  }
  done.wait()
}
