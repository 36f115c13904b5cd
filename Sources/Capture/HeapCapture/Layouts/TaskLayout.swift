/// Where the parts of a task lie.
///
/// Swift 6.3, 64 bits, without priority escalation: `include/swift/ABI/Task.h` (Job, AsyncTask, its fragments),
/// `TaskStatus.h`, `stdlib/public/Concurrency/TaskPrivate.h` (PrivateStorage) and `StackAllocator.h`. Measured on
/// 6.3.1; `TaskReaderTests` compares with what tasks in known states look like.
enum TaskLayout {
  // Job
  static let flags: UInt64 = 32
  static let resumeFunction: UInt64 = 56
  // AsyncTask
  static let resumeContext: UInt64 = 64
  // Its private storage, from byte 80 on
  static let status: UInt64 = 96
  static let statusRecord: UInt64 = 104
  static let firstSlab: UInt64 = 120
  static let dependency: UInt64 = 160
  static let privateEnd: UInt64 = 208
  // The fragments behind it: of a child, then of a group's child
  static let childParent = privateEnd
  static let nextChild = privateEnd + 8
  static let group = privateEnd + 16

  // The future behind them: its state and who waits for it, the type of its result, an error, the result.
  static let resultType: UInt64 = 8
  static let futureHeaderSize: UInt64 = 24

  enum Flag {
    static let isChild: UInt32 = 1 << 24
    static let isFuture: UInt32 = 1 << 25
    static let isGroupChild: UInt32 = 1 << 26
  }

  enum Status {
    static let isCancelled: UInt32 = 0x100
    static let isRunning: UInt32 = 0x800
    static let isEnqueued: UInt32 = 0x1000
    static let isComplete: UInt32 = 0x2000
    static let hasDependency: UInt32 = 0x4000
  }

  // Status records
  enum Record {
    static let kindMask: UInt64 = 0xff
    static let childTask: UInt64 = 1
    static let parent: UInt64 = 8
    static let firstChild: UInt64 = 16
    // Of a dependency
    static let dependsOn: UInt64 = 16
    static let dependencyKind: UInt64 = 32
  }

  // A context begins with its parent, and with the function that the parent goes on with.
  static let parentContext: UInt64 = 0
  static let parentFunction: UInt64 = 8

  // A slab of the task allocator
  enum Slab {
    static let next: UInt64 = 8
    static let capacity: UInt64 = 16
    static let used: UInt64 = 20
    static let headerSize: UInt64 = 32
  }
}
