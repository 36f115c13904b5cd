import CCensus
import Dispatch
import Glibc

/// Takes a number that was read from a global, so that the optimiser keeps the stores to it.
@inline(never)
func use(_ number: Int) {
  census_use(number)
}

/// Waits until something that other threads do has happened: a worker may still be releasing what
/// it ran when the one who waited for it goes on.
func settle(until condition: () -> Bool) {
  for _ in 0..<2_000 where !condition() {
    usleep(1_000)
  }
}

/// Gives a task that has announced its end or its suspension the time to reach it: nothing can
/// announce the moment after.
func settleSuspension() {
  usleep(50_000)
}

/// Runs an async function to its end on the concurrency pool, waits for it, and for the worker to
/// let go of it.
func runAsync(_ body: @escaping @Sendable () async -> Void) {
  let done = DispatchSemaphore(value: 0)
  Task {
    await body()
    done.signal()
  }
  done.wait()
  settleSuspension()
}

/// Prints the truth and ends the program from wherever it is, as test runners and servers do.
@inline(never)
func finish() -> Never {
  Census.report()
  exit(0)
}
