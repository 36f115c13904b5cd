#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Something to be done once: at an object's death, by hand, or at the process's exit.
class ExitTask: DeathWatch, @unchecked Sendable {
  // All of these belong to the list's lock.
  fileprivate(set) var older: ExitTask?
  fileprivate unowned(unsafe) var newer: ExitTask?
  fileprivate var isListed = false
  fileprivate var wantsExit = true
  /// In the order of `list()`; 0 before that and once there is nothing left to do.
  fileprivate var number = 0

  /// Called at exit, with the lock released.
  func runAtExit() {}

  var runsAtExit: Bool {
    get { ExitTask.list.withLock { _ in wantsExit } }
    set {
      ExitTask.list.withLock { list in
        wantsExit = newValue
        list.update(self)
      }
    }
  }

  /// Every task that is to run at exit, newest first: one list, because the process has one exit.
  ///
  /// The registry holds the others.
  private static let list = Guarded(List())

  private struct List {
    var newest: ExitTask?
    var isHooked = false
    var isOver = false
    var lastNumber = 0

    /// Lists a task that is to run, in its place, and takes out one that isn't.
    mutating func update(_ task: ExitTask) {
      if task.wantsExit && task.number > 0 {
        add(task)
      } else {
        remove(task)
      }
    }

    /// A new task is the newest: only one that changed its mind has to look for its place.
    private mutating func add(_ task: ExitTask) {
      guard !task.isListed else { return }
      var newer: ExitTask?
      var older = newest
      while let other = older, other.number > task.number {
        newer = other
        older = other.older
      }
      task.older = older
      older?.newer = task
      if let newer {
        task.newer = newer
        newer.older = task
      } else {
        newest = task
      }
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

  /// Whether the process has run its tasks at exit: nothing runs anymore.
  static var isOver: Bool { list.withLock { $0.isOver } }

  func list() {
    let isFirst = ExitTask.list.withLock { list in
      list.lastNumber += 1
      number = list.lastNumber
      list.update(self)
      defer { list.isHooked = true }
      return !list.isHooked
    }
    if isFirst {
      atexit { ExitTask.runAll() }
    }
  }

  /// The caller holds the task: nothing is deinitialized under the lock.
  func unlist() {
    ExitTask.list.withLock { list in
      number = 0
      list.update(self)
    }
  }

  static func runAll() {
    while let task = takeNewest() {
      task.runAtExit()
    }
  }

  /// One at a time: a task may make another one, which is next.
  private static func takeNewest() -> ExitTask? {
    list.withLock { list in
      guard let task = list.newest else {
        list.isOver = true
        return nil
      }
      list.remove(task)
      return task
    }
  }
}
