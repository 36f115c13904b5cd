internal import Foundation

/// What `/proc/PID` says of a process.
package struct ProcessDirectory {
  package let process: Int32

  package init(process: Int32) {
    self.process = process
  }

  /// Nil where the process has ended.
  package func memoryMap() -> MemoryMap? {
    contents("maps").map(MemoryMap.init(parsing:))
  }

  /// The threads that exist now.
  package func threads() -> [Int32] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    return (names ?? []).compactMap { Int32($0) }.sorted()
  }

  /// The thread's name, as its author or the library that made it set it.
  package func name(ofThread thread: Int32) -> String {
    contents("task/\(thread)/comm")?.trimmingCharacters(in: .newlines) ?? ""
  }

  /// The file that the process runs.
  package func executable() -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
  }

  // MARK: State (proc(5), "/proc/pid/status")

  /// Whether a thread has ended, and only its entry is left.
  package func hasEnded(thread: Int32) -> Bool {
    guard let state = status(ofThread: thread)["State"]?.first else { return true }
    return state == "Z" || state == "X"
  }

  /// A thread that still lives: the main thread, or where that has ended (`pthread_exit`), another one.
  ///
  /// A thread that has ended has neither memory nor files nor mappings anymore, and the process's own directory
  /// in `/proc` shows those of the main thread.
  package func livingThread() -> Int32? {
    hasEnded(thread: process) ? threads().first { !hasEnded(thread: $0) } : process
  }

  /// Whether a thread runs, or would if a processor were free.
  private func isRunning(thread: Int32) -> Bool { status(ofThread: thread)["State"]?.first == "R" }

  /// Waits until all threads sleep, as far as they do so soon.
  ///
  /// A thread that has just ended a job has its words in registers still, and looks as if it held what it was about: on a
  /// busy machine it may be stopped there for a while, and one of a dozen test runs missed a stuck task for that.
  package func waitForRest(within limit: Duration) {
    let end = ContinuousClock.now + limit
    var running = threads().filter(isRunning)
    while !running.isEmpty, ContinuousClock.now < end {
      usleep(1000)
      running = running.filter(isRunning)
    }
  }

  /// The process that traces a thread; nil where none does.
  package func tracer(ofThread thread: Int32) -> (process: Int32, name: String)? {
    guard let tracer = status(ofThread: thread)["TracerPid"].flatMap({ Int32($0) }), tracer > 0
    else { return nil }
    let name = ProcessDirectory(process: tracer).name(ofThread: tracer)
    return (tracer, name.isEmpty ? "another process" : name)
  }

  /// The process's number in the innermost PID namespace that it is in.
  package var innermostNumber: Int32? {
    status(ofThread: process)["NSpid"]?.split(separator: "\t").last.flatMap { Int32($0) }
  }

  // MARK: Descent

  /// Whether the process is another one, or was started by it or by one that it started.
  ///
  /// The children of a process that has ended are given to an ancestor of it: to the system's first process, or to one
  /// that asked for them (`PR_SET_CHILD_SUBREAPER`). Such a child began later than `ancestor` did.
  package func mayDescend(from ancestor: Int32) -> Bool {
    if process == ancestor { return true }
    let line = parents
    if line.contains(ancestor) { return true }
    guard let parent = line.first, let start = startTime,
      let first = ProcessDirectory(process: ancestor).startTime
    else { return false }
    return start >= first
      && (parent == 1 || ProcessDirectory(process: getpid()).parents.contains(parent))
  }

  /// The parent, its parent, and so on.
  private var parents: [Int32] {
    var line: [Int32] = []
    var next = process
    // A process that ends meanwhile can't make this go on forever.
    while line.count < 1000, let text = ProcessDirectory(process: next).parentText,
      let parent = Int32(text), parent > 0
    {
      line.append(parent)
      next = parent
    }
    return line
  }

  private var parentText: String? { status(ofThread: process)["PPid"] }

  /// When the process began, in ticks of the system's clock.
  private var startTime: UInt64? {
    // The twenty-second field of all: see `hasStartedOthers`.
    fieldsBehindName.flatMap { $0.count > 19 ? UInt64($0[19]) : nil }
  }

  private var fieldsBehindName: [Substring]? {
    guard let line = contents("stat"), let end = line.lastIndex(of: ")") else { return nil }
    return line[line.index(after: end)...].split(separator: " ")
  }

  /// Whether the process has started others, as far as that can still be seen: they live, or it has waited for them.
  package var hasStartedOthers: Bool {
    let living = threads().contains { thread in
      contents("task/\(thread)/children")?.contains(where: \.isNumber) == true
    }
    if living { return true }
    // Behind the name, which may contain anything: the eleventh field of all counts the page faults of children that
    // were waited for, and no program runs without any.
    guard let fields = fieldsBehindName else { return false }
    return fields.count > 8 && (Int(fields[8]) ?? 0) > 0
  }

  /// Whether the process filters its system calls (seccomp) more than this one does, which may run under a filter of a
  /// container's; also once it has ended, as long as it wasn't waited for.
  package var filtersSystemCalls: Bool {
    let own = ProcessDirectory(process: getpid())
    return filters > own.filters
  }

  // How many there are; before Linux 5.9, and in strict mode, which has none: the mode.
  private var filters: Int {
    let status = status(ofThread: process)
    let fields = [status["Seccomp_filters"], status["Seccomp"]]
    return fields.compactMap { $0.flatMap { Int($0) } }.max() ?? 0
  }

  private func status(ofThread thread: Int32) -> [Substring: String] {
    let lines = (contents("task/\(thread)/status") ?? "").split(separator: "\n")
    let fields = lines.compactMap { line -> (Substring, String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (
        line[..<colon], line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      )
    }
    return Dictionary(fields) { first, _ in first }
  }

  // MARK: /proc itself

  package enum Visibility: Sendable {
    case good, notMounted
    /// What is mounted shows the processes of another PID namespace.
    case otherNamespace
  }

  /// Whether `/proc` shows this very process.
  package static var visibility: Visibility {
    guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self") else {
      return .notMounted
    }
    return Int32(link) == getpid() ? .good : .otherNamespace
  }

  private func contents(_ name: String) -> String? {
    // Files of /proc state no size: `FileHandle` reads on until the end.
    guard let handle = FileHandle(forReadingAtPath: "/proc/\(process)/\(name)"),
      let data = try? handle.readToEnd()
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}
