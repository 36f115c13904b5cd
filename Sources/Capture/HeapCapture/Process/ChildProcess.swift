internal import CLinux
internal import Glibc
internal import Synchronization

/// Another program that the tool needs (a compiler), in a process group of its own: the tool's signals end it.
package final class ChildProcess: SignalTarget {
  private let process: Int32
  private let isReaped = Mutex(false)

  package init(launching launcher: ProgramLauncher) throws {
    let signals = SignalReceiver.shared
    let place = signals.reserve()
    do { process = try launcher.launch() } catch {
      signals.attend(to: nil, place)
      throw error
    }
    signals.attend(to: self, place)
  }

  /// Waits until it has ended; to be called once.
  package func awaitEnd() -> WatchedProgram.Status {
    var change = REMNANT_CHILD_EXITED
    var status: Int32 = 0
    // Peeks first: its number stays its own until nothing sends a signal to it anymore.
    let result = remnant_peek_child(process, 0, &change, &status)
    isReaped.withLock { isReaped in
      remnant_reap_child(process)
      isReaped = true
    }
    guard result == 0 else { return .exited(0) }
    return change == REMNANT_CHILD_EXITED ? .exited(status) : .killed(signal: status)
  }

  package var hasEnded: Bool { isReaped.withLock { $0 } }

  package func end(by signal: Int32) {
    // One that this process was started with ignored, as a script's background jobs are, the program ignores, too.
    pass(signal: remnant_signal_was_ignored(signal) != 0 ? SIGTERM : signal)
  }

  package func pass(signal: Int32) {
    isReaped.withLock { if !$0 { Glibc.kill(-process, signal) } }
    guard signal == SIGTSTP else { return }
    // What a shell does with a job: all of it stops, and goes on.
    raise(SIGSTOP)
    isReaped.withLock { if !$0 { Glibc.kill(-process, SIGCONT) } }
  }

  package func kill() -> Bool {
    pass(signal: SIGKILL)
    return false
  }
}
