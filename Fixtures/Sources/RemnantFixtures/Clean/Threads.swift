import Dispatch
import Foundation
import Glibc

/// Objects on the stack of a thread that waits while the main thread ends the program.
enum ThreadStack {
  final class Request {
    var parts: [Request] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func work(_ started: DispatchSemaphore, _ go: DispatchSemaphore) {
    let request = Request()
    request.parts = [Request(), Request()]
    started.signal()
    go.wait()
    use(request.parts.count)
  }

  @inline(never)
  static func run() {
    let started = DispatchSemaphore(value: 0)
    let go = DispatchSemaphore(value: 0)
    for _ in 1...2 {
      Thread { work(started, go) }.start()
    }
    started.wait()
    started.wait()
    settleSuspension()
  }
}

/// Objects that thread-specific data holds: low keys and, from the thirty-third on, high ones.
enum ThreadSpecific {
  final class Context {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var keys: [pthread_key_t] = []

  @inline(never)
  static func fill() {
    for (number, key) in keys.enumerated() {
      pthread_setspecific(key, Unmanaged.passRetained(Context(number: number)).toOpaque())
    }
  }

  @inline(never)
  static func run() {
    for _ in 0..<50 {
      var key = pthread_key_t()
      pthread_key_create(&key, nil)
      keys.append(key)
    }
    fill()
    let filled = DispatchSemaphore(value: 0)
    Thread {
      fill()
      filled.signal()
      while true { sleep(1_000) }
    }.start()
    filled.wait()
    use(keys.count)
  }
}

/// What dispatch holds: a delayed block, a timer, a suspended queue, queue-specific data.
enum DispatchHeld {
  final class Job: @unchecked Sendable {
    var keepAlive: Job?
    var runs = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    /// In flight: it owns itself until it is done, and the queue owns it, too.
    func start(on queue: DispatchQueue) {
      keepAlive = self
      queue.asyncAfter(deadline: .now() + 3_600) {
        self.runs += 1
        self.keepAlive = nil
      }
    }
  }

  static let key = DispatchSpecificKey<Job>()
  nonisolated(unsafe) static var timer: (any DispatchSourceTimer)?
  nonisolated(unsafe) static var suspended: DispatchQueue?

  @inline(never)
  static func run() {
    let queue = DispatchQueue(label: "fixtures.held")
    for _ in 1...3 { Job().start(on: queue) }

    let timed = Job()
    let source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .now() + 3_600)
    source.setEventHandler { timed.runs += 1 }
    source.resume()
    timer = source

    let sleeping = DispatchQueue(label: "fixtures.suspended")
    sleeping.suspend()
    let waiting = Job()
    sleeping.async { waiting.runs += 1 }
    sleeping.setSpecific(key: key, value: Job())
    suspended = sleeping

    let finished = DispatchGroup()
    DispatchQueue.global().async(group: finished) { Job().runs += 1 }
    finished.wait()
    settle { Census.alive(Job.self) == 6 }
    settleSuspension()
    use((timer == nil ? 0 : 1) + (suspended == nil ? 0 : 1))
  }
}

/// Sources that the system may fire at any moment: each keeps the object that its handler captures, which keeps the source.
enum ArmedSources {
  final class Listener: @unchecked Sendable {
    var source: (any DispatchSourceProtocol)?
    var runs = 0
    let fired = DispatchSemaphore(value: 0)

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func listen(to source: some DispatchSourceProtocol) {
      let registered = DispatchSemaphore(value: 0)
      source.setRegistrationHandler { registered.signal() }
      source.setEventHandler {
        self.runs += 1
        self.fired.signal()
      }
      source.setCancelHandler { self.runs += 2 }
      self.source = source
      source.resume()
      registered.wait()
    }
  }

  static let queue = DispatchQueue(label: "fixtures.listeners")

  @inline(never)
  static func run() {
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + 3_600, repeating: 60)
    Listener().listen(to: timer)
    let suspended = DispatchSource.makeTimerSource(queue: queue)
    suspended.schedule(deadline: .now(), repeating: 3_600)
    let listener = Listener()
    listener.listen(to: suspended)
    // Once it has fired it is armed; before that, to be suspended would keep it from being so, for ever.
    listener.fired.wait()
    queue.sync {}
    suspended.suspend()

    var ends: [Int32] = [0, 0]
    pipe(&ends)
    Listener().listen(to: DispatchSource.makeReadSource(fileDescriptor: ends[0], queue: queue))
    Listener().listen(to: DispatchSource.makeSignalSource(signal: SIGUSR2, queue: queue))
    settleSuspension()
  }
}
