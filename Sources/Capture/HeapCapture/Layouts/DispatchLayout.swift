/// What is known of libdispatch's memory and functions: swift-corelibs-libdispatch of Swift 6.3, 64 bits.
enum DispatchLayout {
  /// `dispatch_continuation_s` (`src/inline_internal.h`, `src/queue_internal.h`).
  enum Continuation {
    /// In a list of free ones: how many there are from here on.
    static let count: UInt64 = 8
    static let next: UInt64 = 16
  }

  /// Where a thread stays while it has nothing to do: `src/queue.c`.
  static let idleLoops: Set<String> = [
    "_dispatch_worker_thread", "_dispatch_mgr_thread", "_dispatch_sig_thread",
  ]

  /// Those, and what they call to wait: `src/shims/lock.c`, `src/event/event_epoll.c`.
  static let idleFunctions: Set<String> = idleLoops.union([
    "_dispatch_sema4_timedwait", "_dispatch_sema4_wait", "_dispatch_semaphore_wait_slow",
    "dispatch_semaphore_wait", "_dispatch_mgr_invoke", "_dispatch_event_loop_drain",
    "_dispatch_sigsuspend",
  ])

  /// How many functions of its own a worker without work is in: three that wait for work, four for events.
  ///
  /// One that runs a block, and waits in it, is in more.
  static let idleDepth = 4

  /// Whether a thread has a worker's name: that of its queue (`com.apple.root.default-qos`), of which the end remains.
  static func isWorker(_ name: String) -> Bool {
    name.hasSuffix("-qos") || name.hasSuffix("-qos.overcommit")
  }
}
