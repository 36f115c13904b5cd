internal import CLinux
internal import CRecorderFormat
internal import Foundation
internal import Glibc
internal import Synchronization

/// A program that the tool started under the recorder: what happens to it, in order.
package final class WatchedProgram: SignalTarget {
  package let process: Int32
  package let control: ControlPage
  private let terminal: ControllingTerminal?
  private let ending = Mutex<Status?>(nil)
  private let isStopReported = Mutex(true)
  private let isReaped = Mutex(false)
  private let request = Mutex<SnapshotRequest?>(nil)
  /// Whether the program has the terminal; only the waiting thread, and then `awaitEnd`, change it.
  private let hasTerminal = Mutex(false)

  /// How a program ended.
  package enum Status: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// What a shell would call it.
    package var exitStatus: Int32 {
      switch self {
      case .exited(let status): status
      case .killed(let signal): 128 + signal
      }
    }
  }

  package enum Event: Equatable, Sendable {
    /// The program waits to be examined.
    case atExit(thread: Int32)
    /// The program runs, and its snapshot is to be taken now.
    case snapshotRequested(SnapshotRequest)
    case refused(ControlPage.Refusal, detail: String)
    case ended(Status)
  }

  /// Why a snapshot is taken of a program that runs.
  package enum SnapshotRequest: Equatable, Sendable {
    /// The user wants the program to end; the signal is passed on when the snapshot is taken.
    case interrupt(signal: Int32)
    /// The time is up.
    case deadline
  }

  package init(launching launcher: ProgramLauncher) throws {
    terminal = ControllingTerminal.inForeground
    control = try ControlPage()
    var launcher = launcher
    launcher.environment.set(REMNANT_CONTROL_FD_VARIABLE, to: control.name)
    launcher.environment.pad(with: REMNANT_PADDING_VARIABLE)
    // A signal that comes now waits: it would find nothing to end, and leave the program behind.
    let signals = SignalReceiver.shared
    let place = signals.reserve()
    do { process = try launcher.launch(inheriting: control.descriptor) } catch {
      signals.attend(to: nil, place)
      throw error
    }
    let watcher = Thread { [self] in watch() }
    watcher.name = "remnant-waiter"
    watcher.start()
    signals.attend(to: self, place)
  }

  /// Waits, without polling, until the program waits for its snapshot or has ended.
  package func nextEvent() -> Event {
    while true {
      let seen = control.event
      // The phase first: a program that was refused ends at once.
      switch control.phase {
      case .atExit(let thread) where ending.withLock({ $0 }) == nil:
        control.answer()
        return .atExit(thread: thread)
      case .refused(let refusal, let detail): return .refused(refusal, detail: detail)
      case .recording:
        if let request = request.withLock({ $0 }), ending.withLock({ $0 }) == nil {
          return .snapshotRequested(request)
        }
      default: break
      }
      if let status = ending.withLock({ $0 }) { return .ended(status) }
      control.wait(since: seen)
    }
  }

  /// Waits until the program has ended, and takes the terminal back.
  package func awaitEnd() -> Status {
    while true {
      let seen = control.event
      if let status = ending.withLock({ $0 }) {
        isReaped.withLock { isReaped in
          if !isReaped { remnant_reap_child(process) }
          isReaped = true
        }
        if hasTerminal.withLock({ $0 }) { terminal?.takeBack() }
        return status
      }
      control.wait(since: seen)
    }
  }

  /// Passes a signal on to the program and the processes that it started.
  package func forward(signal: Int32) {
    // Afterwards the number may be another's.
    isReaped.withLock { if !$0 { Glibc.kill(-process, signal) } }
  }

  // MARK: What the user sends to the tool

  package var hasEnded: Bool { ending.withLock { $0 != nil } }

  /// Asks for a snapshot before the first signal is passed on: `pendingSignal` is passed on when it is taken.
  ///
  /// A signal that comes before the program records, or when its snapshot is taken already, passes at once.
  package func end(by signal: Int32) {
    // A program that it has replaced itself with may have no recorder.
    guard control.phase == .recording, control.ending != .exec,
      ask(.interrupt(signal: signal))
    else { return forward(signal: signal) }
  }

  package func pass(signal: Int32) { forward(signal: signal) }

  /// Whether only the program's end is waited for: its snapshot is taken, and the report will follow.
  package func kill() -> Bool {
    forward(signal: SIGKILL)
    if control.phase == .released { return true }
    if hasTerminal.withLock({ $0 }) { terminal?.takeBack() }
    return false
  }

  /// Requests a snapshot as soon as the program has something to examine; false if one was already requested.
  @discardableResult
  package func ask(_ new: SnapshotRequest) -> Bool {
    let isFirst = request.withLock { request in
      guard request == nil else { return false }
      request = new
      return true
    }
    control.announce()
    return isFirst
  }

  /// For a program that doesn't end when it is asked to.
  package func killUnlessEnded() {
    // Its number stays its own until it is reaped, and then `ending` is set.
    ending.withLock { if $0 == nil { Glibc.kill(-process, SIGKILL) } }
  }

  /// The signal that waits for the snapshot.
  package var pendingSignal: Int32? {
    guard case .interrupt(let signal) = request.withLock({ $0 }) else { return nil }
    return signal
  }

  /// While threads are traced, their stops are the tracer's and no one else's.
  package func withStopsIgnored<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    isStopReported.withLock { $0 = false }
    defer { isStopReported.withLock { $0 = true } }
    return try body()
  }

  /// Peeks, so that the process stays a zombie, its number its own, until `awaitEnd` reaps it.
  private func watch() {
    var change = REMNANT_CHILD_EXITED
    var status: Int32 = 0
    while remnant_peek_child(process, terminal == nil ? 0 : 1, &change, &status) == 0 {
      if change == REMNANT_CHILD_STOPPED {
        guard isStopReported.withLock({ $0 }) else {
          // Nothing to wait on: the tracer detaches within moments.
          usleep(10_000)
          continue
        }
        remnant_consume_stop(process)
        follow(stop: status)
        continue
      }
      let end: Status = change == REMNANT_CHILD_EXITED ? .exited(status) : .killed(signal: status)
      ending.withLock { $0 = end }
      control.announce()
      return
    }
    ending.withLock { $0 = .exited(0) }
    control.announce()
  }

  /// The program wants the terminal, or the user stopped it from there.
  ///
  /// The tool keeps the terminal until the program reads from it or changes it, so that an interrupt
  /// reaches the tool, which takes its snapshot first; a program that never asks never misses it.
  private func follow(stop signal: Int32) {
    guard let terminal else { return }
    let wantsTerminal = signal == SIGTTIN || signal == SIGTTOU
    if !wantsTerminal || !terminal.isOwn {
      // The shell must see this tool stop, too.
      if hasTerminal.withLock({ $0 }) { terminal.takeBack() }
      raise(SIGSTOP)
    }
    if wantsTerminal { hasTerminal.withLock { $0 = true } }
    if hasTerminal.withLock({ $0 }) { terminal.give(to: process) }
    Glibc.kill(-process, SIGCONT)
  }
}
