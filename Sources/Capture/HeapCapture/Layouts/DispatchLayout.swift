/// What is known of libdispatch's memory and functions: swift-corelibs-libdispatch of Swift 6.3, 64 bits.
enum DispatchLayout {
  /// `dispatch_continuation_s` (`src/inline_internal.h`, `src/queue_internal.h`).
  enum Continuation {
    /// In a list of free ones: how many there are from here on.
    static let count: UInt64 = 8
    static let next: UInt64 = 16
    // In use: its flags (`dc_flags`), and what its function is called with: a block, if they say so.
    static let isBlock: UInt64 = 0x10
    static let context: UInt64 = 40
  }

  /// `dispatch_lane_s` (`src/queue_internal.h`).
  enum Queue {
    /// Exported for debuggers: where the fields of a queue are.
    static let offsets = "dispatch_queue_offsets"
    static let tables = [
      "__OS_dispatch_queue_serial_vtable", "__OS_dispatch_queue_concurrent_vtable",
    ]
  }

  /// `dispatch_source_s` (`src/source_internal.h`), measured on 6.3.1 in every state that a source can be in.
  enum Source {
    static let table = "__OS_dispatch_source_vtable"
    /// The class of Dispatch's that retains one, and releases it in its `deinit` (`Source.swift`), and its property.
    static let wrapper = "Dispatch.DispatchSource"
    static let wrapped = "__wrapped"

    // References inside of libdispatch, less one, then those of the program, less one, which have one of the former together.
    static let internalCount: UInt64 = 8
    static let externalCount: UInt64 = 12
    static let targetQueue: UInt64 = 24
    static let state: UInt64 = 56
    static let flags: UInt64 = 80
    static let refs: UInt64 = 88

    /// Whether nothing but the program's references keeps a source.
    ///
    /// It retains itself until it is unregistered (`DSF_DELETED`), and twice while it is inactive or suspended (`src/queue.c`,
    /// `_dispatch_queue_init`, `_dispatch_lane_suspend`); whatever arms or enqueues it retains it, too.
    static func isOwned(count: Int32, flags: UInt32, state: UInt64) -> Bool {
      var own: Int32 = flags & isDeleted == 0 ? 1 : 0
      switch state & isInactive {
      case 0: if state & isSuspended != 0 { own += 2 }
      case isInactive: own += 2
      default: return false
      }
      return count == own
    }

    private static let isDeleted: UInt32 = 0x8000_0000
    private static let isInactive: UInt64 = 0x0180_0000_0000_0000
    private static let isSuspended: UInt64 = 0xfe00_0000_0000_0000

    /// `dispatch_source_type_s`: the symbols of the kinds.
    static let typePrefix = "_dispatch_source_type_"
    /// What the program itself brings about.
    static let programKinds: Set<String> = ["data"]

    /// `dispatch_source_refs_s` (`src/event/event_internal.h`).
    enum Refs {
      /// 0 until the source is registered with the system, and when it isn't anymore.
      static let registration: UInt64 = 16
      /// `DS_EVENT_HANDLER`, `DS_CANCEL_HANDLER`, `DS_REGISTN_HANDLER`: continuations.
      static let handlers: [(offset: UInt64, name: String)] = [
        (40, "event handler"), (48, "cancel handler"), (56, "registration handler"),
      ]
    }
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
