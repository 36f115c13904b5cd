/// A task of Swift's concurrency, as it stood when the snapshot was taken.
package struct TaskSnapshot: Sendable, Equatable {
  package enum State: String, Sendable, Codable {
    case running
    /// Waits in the queue of an executor: to begin, or to go on.
    case enqueued
    /// Waits until something resumes it.
    case suspended
    /// Its result is there, and its frames are gone.
    case finished
  }

  /// What a suspended or enqueued task waits for.
  package enum Wait: Sendable {
    case continuation, task, group, executor
  }

  /// Where it begins in the process.
  package var address: UInt64
  /// The block that it lies in: its own, or one of its parent's, where `async let` keeps children.
  package var node: NodeIndex
  package var state: State
  package var isCancelled = false
  /// Nil where the task waits for nothing, or for something that isn't known.
  package var wait: Wait?
  /// The tasks that it waits for and that haven't finished, as positions in `HeapGraph.tasks`.
  package var waitsFor: [Int] = []
  /// The task that made it as a child, as a position in `HeapGraph.tasks`.
  package var parent: Int?
  package var isGroupChild = false
  /// The functions that go on when it is resumed, innermost first.
  package var frames: [UInt64] = []
  /// Where the variables of each of `frames` are; as many, or none.
  package var contexts: [Context] = []

  /// The memory of one suspended function, which it finds when it is resumed.
  package struct Context: Sendable, Equatable {
    /// What it is resumed with: its own context, or the one of the function that it called, which has returned then.
    package var resumed: UInt64
    /// What that context names as its parent; 0 where it can't be read.
    package var parent: UInt64
    /// Whether the function's own context is the parent.
    package var isOfCallee: Bool

    /// Where the function's own memory begins.
    package var start: UInt64 { isOfCallee ? parent : resumed }

    package init(resumed: UInt64, parent: UInt64, isOfCallee: Bool) {
      self.resumed = resumed
      self.parent = parent
      self.isOfCallee = isOfCallee
    }
  }

  package init(address: UInt64, node: NodeIndex, state: State) {
    self.address = address
    self.node = node
    self.state = state
  }

  /// Whether something has to happen before it goes on.
  package var isWaiting: Bool { state == .suspended || state == .enqueued }

  /// Whether it still owns itself: a task releases itself when it has finished.
  package var ownsItself: Bool { state != .finished }
}

extension HeapGraph {
  /// The task that a block is; nil where it is none, and where it only has an `async let`'s in it.
  package func task(at node: NodeIndex) -> TaskSnapshot? { taskNumbers[node].map { tasks[$0] } }
}
