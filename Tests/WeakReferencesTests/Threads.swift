import Foundation

/// A closure on its way to a thread.
private final class Work {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A POSIX thread, which sanitizers know and whose stack can be as small as one likes.
struct POSIXThread: ~Copyable {
  private let thread: pthread_t

  init(stackSize: Int? = nil, _ run: @escaping @Sendable () -> Void) {
    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    pthread_attr_init(attributes)
    if let stackSize {
      let result = pthread_attr_setstacksize(attributes, stackSize)
      precondition(result == 0)
    }
    var thread: pthread_t = 0
    let result = pthread_create(
      &thread,
      attributes,
      start,
      Unmanaged.passRetained(Work(run)).toOpaque()
    )
    precondition(result == 0)
    pthread_attr_destroy(attributes)
    attributes.deallocate()
    self.thread = thread
  }

  consuming func join() {
    pthread_join(thread, nil)
  }
}

private func start(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  work.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().run() }
  return nil
}

/// Runs `body` on some threads at once, each with its number, and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  guard count > 0 else { return }
  let thread = POSIXThread { body(count - 1) }
  onThreads(count - 1, body)
  thread.join()
}
