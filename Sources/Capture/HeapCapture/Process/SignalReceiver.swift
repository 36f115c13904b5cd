internal import CLinux
internal import Foundation
internal import Glibc
internal import Synchronization

/// What a signal of the user's is meant for: a program that this process runs.
package protocol SignalTarget: AnyObject, Sendable {
  var hasEnded: Bool { get }
  /// The first signal that asks this process to end.
  func end(by signal: Int32)
  /// Any other signal.
  func pass(signal: Int32)
  /// The second signal that asks this process to end: the program ends now.
  ///
  /// Returns whether this process has something to say after that, and will end by itself.
  func kill() -> Bool
}

/// What the user sends to this process while it runs programs for them.
///
/// The first signal that asks it to end is the program's. The second one ends this process, too, whatever it is at; and
/// so does the first, where no program runs: before one is started, and after it has ended.
package final class SignalReceiver: Sendable {
  /// Signals are the whole process's.
  package static let shared = SignalReceiver()

  private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  private static let others = [SIGUSR1, SIGUSR2, SIGTSTP]

  private struct State {
    var isHearing = false
    var first: Int32?
    var target: (any SignalTarget)?
    var cleanUps: [Int: @Sendable () -> Void] = [:]
    var nextCleanUp = 0
  }

  private let state = Mutex(State())
  /// Taken while a program is being started, and while a signal is being handled.
  private let starting = DispatchSemaphore(value: 1)

  private init() {}

  /// The first signal that asked this process to end.
  package var ending: Int32? { state.withLock { $0.first } }

  /// Begins to hear; to be called on the main thread, before anything is started.
  package func start() {
    let isFirst = state.withLock { state in
      defer { state.isHearing = true }
      return !state.isHearing
    }
    guard isFirst else { return }
    let numbers = Self.endings + Self.others
    let pipe = remnant_signals_hear(numbers, numbers.count)
    guard pipe >= 0 else { return }
    let thread = Thread { [self] in
      var number: UInt8 = 0
      while true {
        let count = read(pipe, &number, 1)
        if count < 0, errno == EINTR { continue }
        guard count == 1 else { return }
        handle(Int32(number))
      }
    }
    thread.name = "remnant-signals"
    thread.start()
  }

  // MARK: Programs

  /// The right to start a program: as long as it is held, signals wait.
  package struct Place: ~Copyable {
    fileprivate init() {}
  }

  package func reserve() -> Place {
    starting.wait()
    return Place()
  }

  /// From now on signals are meant for this program; nil where it could not be started.
  package func attend(to target: (any SignalTarget)?, _ place: consuming Place) {
    if let target { state.withLock { $0.target = target } }
    starting.signal()
  }

  // MARK: The end

  /// Calls `body`, and `cleanUp` if this process is ended by a signal meanwhile.
  package func cleaning<Value>(
    by cleanUp: @escaping @Sendable () -> Void,
    _ body: () throws -> Value
  ) rethrows -> Value {
    let number = state.withLock { state in
      state.nextCleanUp += 1
      state.cleanUps[state.nextCleanUp] = cleanUp
      return state.nextCleanUp
    }
    defer { state.withLock { _ = $0.cleanUps.removeValue(forKey: number) } }
    return try body()
  }

  private func handle(_ number: Int32) {
    starting.wait()
    defer { starting.signal() }
    let (target, isFirst) = state.withLock { state in
      let isFirst = state.first == nil
      if Self.endings.contains(number), isFirst { state.first = number }
      return (state.target, isFirst)
    }
    guard Self.endings.contains(number) else {
      if let target, !target.hasEnded {
        target.pass(signal: number)
      } else if number == SIGTSTP {
        raise(SIGSTOP)
      }
      return
    }
    guard let target, !target.hasEnded else { finish(number) }
    if isFirst { return target.end(by: number) }
    if !target.kill() { finish(number) }
  }

  private func finish(_ number: Int32) -> Never {
    for cleanUp in state.withLock({ Array($0.cleanUps.values) }) { cleanUp() }
    // Nothing else: other threads are in the middle of something.
    _exit(128 + number)
  }
}
