internal import Foundation
internal import HeapCapture

/// Passes on to the program what the user sends to the tool.
///
/// What asks the program to end waits until its picture is taken.
final class SignalForwarding {
  private let sources: [any DispatchSourceSignal]

  private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  private static let others = [SIGUSR1, SIGUSR2, SIGTSTP]

  /// To be called on the main thread, once the program has been started.
  init(to program: WatchedProgram) {
    // A parent that blocks signals (libdispatch's workers do) hands that on. The program keeps it,
    // the tool must hear.
    var heard = sigset_t()
    sigemptyset(&heard)
    for number in Self.endings + Self.others { sigaddset(&heard, number) }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
    sources = (Self.endings + Self.others).map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if Self.endings.contains(number) {
          program.interrupt(signal: number)
        } else {
          program.forward(signal: number)
        }
      }
      source.resume()
      return source
    }
  }

  func stop() {
    for source in sources { source.cancel() }
  }
}
