import Dispatch
import Foundation
import FoundationNetworking
import Observation

/// Objects of the libraries that keep what they were given until a call: each holds its owner.
///
/// One leak for each argument.
enum Remedies {
  class Owner: @unchecked Sendable {
    var count = 0
    func touch() { count += 1 }
  }

  final class Download: NSObject, URLSessionDelegate, @unchecked Sendable {
    var session: URLSession?
    func start() {
      session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
    }
  }

  @Observable final class Settings {
    var isDark = false
  }

  final class View: Owner, @unchecked Sendable {
    let settings = Settings()
    func start() {
      withObservationTracking {
        _ = settings.isDark
      } onChange: {
        self.touch()
      }
    }
  }

  final class Debouncer: Owner, @unchecked Sendable {
    var item: DispatchWorkItem?
    func start() { item = DispatchWorkItem { self.touch() } }
  }

  final class Runner: Owner, @unchecked Sendable {
    let process = Process()
    func start() { process.terminationHandler = { _ in self.touch() } }
  }

  final class Importer: Owner, @unchecked Sendable {
    let operation = BlockOperation {}
    func start() { operation.completionBlock = { self.touch() } }
  }

  final class Listener: Owner, @unchecked Sendable {
    let center = NotificationCenter()
    var token: NSObjectProtocol?
    func start() {
      token = center.addObserver(forName: .init("changed"), object: nil, queue: nil) { _ in
        self.touch()
      }
    }
  }

  final class Clock: Owner, @unchecked Sendable {
    var timer: Timer?
    func start() { timer = Timer(timeInterval: 3600, repeats: true) { _ in self.touch() } }
  }

  final class Feed: Owner, @unchecked Sendable {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    func start() { continuation.onTermination = { _ in self.touch() } }
  }

  final class FailingFeed: Owner, @unchecked Sendable {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
    func start() { continuation.onTermination = { _ in self.touch() } }
  }

  @inline(never) static func run(_ name: String) {
    switch name {
    case "session": Download().start()
    case "observation": View().start()
    case "work-item": Debouncer().start()
    case "process": Runner().start()
    case "operation": Importer().start()
    case "notification": Listener().start()
    case "timer": Clock().start()
    case "stream": Feed().start()
    case "throwing-stream": FailingFeed().start()
    default: fatalError("no remedy is called \(name)")
    }
  }

  /// The results of finished children stay in a group until someone takes them.
  @inline(never) static func serve() async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 { group.addTask {} }
      try? await Task.sleep(for: .milliseconds(100))
      print("done")
      exit(0)
    }
  }
}

if CommandLine.arguments[1] == "group" { await Remedies.serve() }
Remedies.run(CommandLine.arguments[1])
print("done")
exit(0)
