internal import Foundation
import HeapGraph

/// What tasks are called: never "Task" alone, but what each of them does and in which function.
struct TaskNames {
  /// One task, as a reader knows it.
  struct Description: Hashable {
    var state: TaskSnapshot.State
    /// The program's own function that goes on when the task is resumed; of a task that has not begun, is running, or
    /// has finished: the one that made it.
    ///
    /// Nil where no symbol says.
    var function: String?
    var file: String?
    var line: Int?
    /// What it waits for: "`for await`", "a continuation".
    var wait: String?
    /// Of a finished child whose result waits in its group: the function whose group it is.
    var group: String?
    var isFinishedChild = false

    /// Without the place: the same when lines move.
    ///
    /// `Task, suspended in Feed.listen()`.
    var name: String {
      if isFinishedChild {
        return "Task, finished, result not taken" + (group.map { ", in the group of \($0)" } ?? "")
      }
      switch state {
      case .suspended: return "Task, suspended" + (function.map { " in \($0)" } ?? unknownPlace)
      case .enqueued, .running, .finished:
        return "Task, \(state.rawValue)" + (function.map { ", made in \($0)" } ?? unknownPlace)
      }
    }

    /// Swift's runtime makes tasks, too: for `Task.sleep`, say.
    private var unknownPlace: String { ", with none of the program's functions" }

    /// With the place: `Task, suspended in Feed.listen(), "for await" at Feed.swift:10`.
    var fullName: String {
      guard state == .suspended, !isFinishedChild else { return name }
      let place = file.map { " at " + sourcePosition(file: fileName($0), line: line) }
      guard wait != nil || place != nil else { return name }
      return name + "," + (wait.map { " " + $0 } ?? "") + (place ?? "")
    }
  }

  private let graph: HeapGraph
  private var descriptions: [Int: Description] = [:]
  /// Tasks that stand at the same place are described once.
  private var known: [Key: Description] = [:]

  private struct Key: Hashable {
    var state: TaskSnapshot.State
    var wait: TaskSnapshot.Wait?
    var frames: [UInt64]
    var stack: UInt32
    var group: [UInt64]
    var isFinishedChild: Bool
  }

  init(of graph: HeapGraph) { self.graph = graph }

  /// - Parameters:
  ///   - number: the task's position in `HeapGraph.tasks`.
  ///   - frames: gives the readable frames at a return address.
  ///   - resumed: gives those of a function that a suspended task goes on with.
  /// - Returns: what the task is called.
  mutating func description(
    of number: Int,
    frames: (UInt64) -> [LeakReport.Finding.Frame],
    resumed: (UInt64) -> [LeakReport.Finding.Frame]
  ) -> Description {
    if let known = descriptions[number] { return known }
    let task = graph.tasks[number]
    let isFinishedChild = task.state == .finished && task.isGroupChild
    let parentFrames =
      isFinishedChild ? task.parent.map { graph.tasks[$0].frames } ?? [] : []
    let key = Key(
      state: task.state,
      wait: task.wait,
      frames: task.state == .suspended ? task.frames : [],
      stack: task.state == .suspended ? 0 : graph.stackIDs[Int(task.node)],
      group: parentFrames,
      isFinishedChild: isFinishedChild
    )
    if let description = known[key] {
      descriptions[number] = description
      return description
    }
    var description = Description(state: task.state)
    description.isFinishedChild = isFinishedChild
    let chain =
      task.state == .suspended
      ? task.frames.flatMap(resumed)
      : (graph.callStacks[graph.stackIDs[Int(task.node)]] ?? []).flatMap(frames)
    if let own = chain.ownFrame {
      description.function = Self.plain(own.function)
      description.file = own.file
      description.line = own.line
    }
    if task.state == .suspended { description.wait = Self.wait(of: task, chain) }
    description.group = parentFrames.flatMap(resumed).ownFrame.map { Self.plain($0.function) }
    known[key] = description
    descriptions[number] = description
    return description
  }

  /// Optimized code has functions for some arguments alone: their author knows one.
  static func plain(_ function: String) -> String {
    let prefix = "specialized "
    return function.hasPrefix(prefix) ? String(function.dropFirst(prefix.count)) : function
  }

  /// What the library functions between the `await` and the task's resumption are for.
  private static func wait(of task: TaskSnapshot, _ chain: [LeakReport.Finding.Frame]) -> String? {
    let inner = chain.prefix { $0.library }.map(\.function)
    // C's search is ten times as fast as `contains`, and tests wait for this.
    func has(_ part: String) -> Bool { inner.contains { strstr($0, part) != nil } }
    for name in [
      "withCheckedContinuation", "withCheckedThrowingContinuation", "withUnsafeContinuation",
      "withUnsafeThrowingContinuation",
    ] where has(name) && !has("Iterator.next") {
      return "`\(name)`"
    }
    if has("Iterator.next") || has("AsyncStream") || has("AsyncThrowingStream") {
      return "`for await`"
    }
    switch task.wait {
    case .continuation: return "a continuation"
    case .task: return "another task's value"
    case .group: return "the tasks of its group"
    case .executor, nil: return nil
    }
  }
}

extension Collection where Element == LeakReport.Finding.Frame {
  /// The innermost frame of the program's own; of a package that it depends on where there is none.
  var ownFrame: LeakReport.Finding.Frame? {
    first { !$0.library && $0.file?.contains("/checkouts/") != true } ?? first { !$0.library }
  }
}
