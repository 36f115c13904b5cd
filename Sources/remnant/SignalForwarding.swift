internal import Foundation
internal import HeapCapture

/// Passes on to the program what the user sends to the tool.
final class SignalForwarding {
  private let sources: [any DispatchSourceSignal]

  init(to program: WatchedProgram) {
    sources = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { program.forward(signal: number) }
      source.resume()
      return source
    }
  }

  func stop() {
    for source in sources { source.cancel() }
  }
}
