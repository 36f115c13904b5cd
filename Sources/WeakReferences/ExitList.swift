#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Something to be done once: at an object's death, by hand, or at the process's exit.
class ExitTask: DeathWatch, @unchecked Sendable {
  // The links and the flag belong to the list's lock.
  fileprivate(set) var older: ExitTask?
  fileprivate unowned(unsafe) var newer: ExitTask?
  fileprivate var isListed = false
  fileprivate var wantsExit = true

  /// Called at exit, with the lock released.
  func runAtExit() {}

  var runsAtExit: Bool {
    get { ExitTask.list.withLock { _ in wantsExit } }
    set { ExitTask.list.withLock { _ in wantsExit = newValue } }
  }

  /// Every task that may still have to run, newest first: one list, because the process has one exit.
  private static let list = Guarded(List())

  private struct List {
    var newest: ExitTask?
    var isHooked = false
    var isOver = false

    mutating func add(_ task: ExitTask) {
      task.older = newest
      newest?.newer = task
      newest = task
      task.isListed = true
    }

    mutating func remove(_ task: ExitTask) {
      guard task.isListed else { return }
      task.older?.newer = task.newer
      if let newer = task.newer {
        newer.older = task.older
      } else {
        newest = task.older
      }
      task.older = nil
      task.newer = nil
      task.isListed = false
    }
  }

  /// Whether the process has run its tasks at exit: nothing runs any more.
  static var isOver: Bool { list.withLock { $0.isOver } }

  func list() {
    let isFirst = ExitTask.list.withLock { list in
      list.add(self)
      defer { list.isHooked = true }
      return !list.isHooked
    }
    if isFirst {
      atexit { ExitTask.runAll() }
    }
  }

  /// The caller holds the task: nothing is deinitialized under the lock.
  func unlist() {
    ExitTask.list.withLock { $0.remove(self) }
  }

  static func runAll() {
    while let task = takeNewest() {
      task.runAtExit()
    }
  }

  /// One at a time: a task may make another one, which is next.
  private static func takeNewest() -> ExitTask? {
    list.withLock { list in
      var task = list.newest
      while let other = task, !other.wantsExit {
        task = other.older
      }
      if let task {
        list.remove(task)
      } else {
        list.isOver = true
      }
      return task
    }
  }
}
