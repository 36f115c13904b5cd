internal import CLinux
internal import Glibc

/// A process all of whose threads stand still, until `resume()`.
///
/// Stopped with ptrace, never with signals: the program sees nothing of it (see `Tracer`). To be used
/// on the thread that made it only: the kernel ties a tracee to one tracer thread.
package final class StoppedProcess {
  package struct Thread {
    package var id: Int32
    package var name: String
    package var stackPointer: Address
    /// Where the thread's own storage is; 0 where that can't be told.
    package var threadPointer: Address
    /// General registers, then the vector registers, word by word.
    package var registers: [UInt64]
    /// Return addresses, innermost first; the first is the instruction that is executed next.
    package var frames: [UInt64]
    /// The stack pointer of each frame.
    package var frameStackPointers: [UInt64]
  }

  package let process: Int32
  package private(set) var threads: [Thread] = []
  /// Threads that did not stop in time: what their registers and stacks hold is not known.
  package private(set) var unstoppable: [(id: Int32, name: String)] = []
  /// Signals that were about to be delivered, to hand back.
  private var stopped: [(id: Int32, pending: Int32)] = []

  /// Stops every thread, also those that start meanwhile.
  package init(process: Int32) throws(CaptureError) {
    self.process = process
    do {
      try stopAll()
    } catch {
      resume()
      throw error
    }
    let directory = ProcessDirectory(process: process)
    // All from one reading of the map: a server has thousands of threads.
    let unwinder = remnant_unwinder_create(process)
    defer { remnant_unwinder_destroy(unwinder) }
    threads = stopped.map { Self.describe($0.id, directory, unwinder) }
  }

  deinit { resume() }

  /// How many milliseconds to wait for one thread.
  ///
  /// Beyond that it waits in the kernel for what may never happen, as the parent of a vfork does for
  /// its child.
  private static let patience: Int32 = 10_000

  /// Lets every thread go on as if nothing had been.
  ///
  /// One that never stopped can't be detached: the kernel does that when the tracer's thread ends.
  package func resume() {
    for (id, pending) in stopped { _ = remnant_trace_detach(id, pending) }
    stopped = []
  }

  private func stopAll() throws(CaptureError) {
    let directory = ProcessDirectory(process: process)
    var seen: Set<Int32> = []
    // A thread that isn't stopped yet can start others: go on until a round finds no new ones.
    while true {
      let new = directory.threads().filter { !seen.contains($0) }
      if new.isEmpty { break }
      seen.formUnion(new)
      // All at once, and then each is waited for: most stand by then.
      var interrupted: [Int32] = []
      for thread in new where try interrupt(thread) { interrupted.append(thread) }
      for thread in interrupted { try awaitStop(thread) }
    }
    if stopped.isEmpty { throw CaptureError(.processEnded, errno: ESRCH) }
  }

  /// Returns whether the thread will stand; one that has ended holds nothing more.
  private func interrupt(_ thread: Int32) throws(CaptureError) -> Bool {
    guard remnant_trace_seize(thread) == 0 else {
      let error = errno
      let directory = ProcessDirectory(process: process)
      // It has ended since it was listed, or before: a main thread that called pthread_exit stays listed.
      if error == ESRCH || directory.hasEnded(thread: thread) { return false }
      guard error == EPERM else { throw CaptureError(.systemCall("ptrace"), errno: error) }
      throw CaptureError(notPermittedBy: directory.tracer(ofThread: thread), errno: error)
    }
    guard remnant_trace_interrupt(thread) == 0 else {
      if errno == ESRCH { return false }
      throw CaptureError(.systemCall("ptrace"), errno: errno)
    }
    return true
  }

  private func awaitStop(_ thread: Int32) throws(CaptureError) {
    var pending: Int32 = 0
    // All share the time: a thousand such threads are waited for no longer than one.
    let result = remnant_trace_await_stop(
      thread,
      unstoppable.isEmpty ? Self.patience : 0,
      &pending
    )
    if result > 0 { stopped.append((thread, pending)) }
    if result < 0 {
      guard errno == ETIMEDOUT else { throw CaptureError(.systemCall("waitpid"), errno: errno) }
      unstoppable.append((thread, ProcessDirectory(process: process).name(ofThread: thread)))
    }
  }

  private static func describe(
    _ thread: Int32,
    _ directory: ProcessDirectory,
    _ unwinder: OpaquePointer?
  ) -> Thread {
    let registers = words(64) { remnant_trace_registers(thread, $0, $1) }
    // Up to AVX-512 with room to spare (XSAVE areas are at most a few kilobytes).
    let vectors = words(2048) { remnant_trace_vectors(thread, $0, $1) }
    var stackPointers = [UInt64](repeating: 0, count: 256)
    let frames = words(256) {
      remnant_trace_frames(unwinder, registers, registers.count, $0, &stackPointers, $1)
    }
    return Thread(
      id: thread,
      name: directory.name(ofThread: thread),
      stackPointer: Address(remnant_stack_pointer(registers, registers.count)),
      threadPointer: Address(remnant_thread_pointer(thread, registers, registers.count)),
      registers: registers + vectors,
      frames: frames,
      frameStackPointers: Array(stackPointers.prefix(frames.count))
    )
  }

  private static func words(
    _ capacity: Int,
    _ read: (UnsafeMutablePointer<UInt64>?, Int) -> Int
  ) -> [UInt64] {
    [UInt64](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = read(buffer.baseAddress, capacity)
    }
  }
}
