internal import CLinux
internal import CRecorderFormat
internal import Foundation
internal import Synchronization

/// A program that the tool started under the recorder: what happens to it, in order.
package final class WatchedProgram: Sendable {
  package let process: Int32
  package let control: ControlPage
  private let terminal: ControllingTerminal?
  private let ending = Mutex<Status?>(nil)
  private let isStopReported = Mutex(true)

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
    /// The program waits to have its picture taken.
    case atExit(thread: Int32)
    case refused(ControlPage.Refusal, detail: String)
    case ended(Status)
  }

  package init(launching launcher: ProgramLauncher) throws {
    terminal = ControllingTerminal.inForeground
    control = try ControlPage()
    var launcher = launcher
    launcher.environment.set(REMNANT_CONTROL_FD_VARIABLE, to: String(control.descriptor))
    launcher.environment.pad(with: REMNANT_PADDING_VARIABLE)
    process = try launcher.launch(inheriting: control.descriptor)
    let watcher = Thread { [self] in watch() }
    watcher.name = "remnant-waiter"
    watcher.start()
  }

  /// Waits, without polling, until the program waits for its picture or has ended.
  package func nextEvent() -> Event {
    while true {
      let seen = control.event
      // The phase first: a program that was refused ends at once.
      switch control.phase {
      case .atExit(let thread) where ending.withLock({ $0 }) == nil: return .atExit(thread: thread)
      case .refused(let refusal, let detail): return .refused(refusal, detail: detail)
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
        remnant_reap_child(process)
        terminal?.takeBack()
        return status
      }
      control.wait(since: seen)
    }
  }

  /// Passes a signal on to the program and the processes that it started.
  package func forward(signal: Int32) {
    kill(-process, signal)
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
          // Nothing to wait on: the tracer lets go within moments.
          usleep(10_000)
          continue
        }
        remnant_consume_stop(process)
        followStop()
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

  /// The user stopped the program from the terminal: the shell must see this tool stop, too.
  private func followStop() {
    guard let terminal else { return }
    terminal.takeBack()
    raise(SIGSTOP)
    terminal.give(to: process)
    kill(-process, SIGCONT)
  }
}
