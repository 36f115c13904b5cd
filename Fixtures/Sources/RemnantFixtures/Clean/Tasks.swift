import Dispatch

/// A task that waits for a continuation that a global holds.
enum HeldContinuation {
  final class Session: @unchecked Sendable {
    var isReady = false

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Waiter: Sendable {
    let session: Session

    init(session: Session) {
      self.session = session
      Census.born(self)
    }

    deinit { Census.died(self) }

    func wait(_ started: DispatchSemaphore) async {
      let local = Session()
      let answer = await withUnsafeContinuation { continuation in
        HeldContinuation.pending.append(continuation)
        started.signal()
      }
      session.isReady = answer
      local.isReady = answer
    }
  }

  nonisolated(unsafe) static var pending: [UnsafeContinuation<Bool, Never>] = []

  @inline(never)
  static func start() {
    let waiter = Waiter(session: Session())
    let started = DispatchSemaphore(value: 0)
    Task { await waiter.wait(started) }
    started.wait()
  }

  @inline(never)
  static func run() {
    start()
    start()
    settleSuspension()
    use(pending.count)
  }
}

/// Tasks asleep for an hour, and one that waits for them.
enum SleepingTasks {
  final class Alarm: @unchecked Sendable {
    var rang = false

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func start(_ started: DispatchSemaphore) {
    let alarm = Alarm()
    let inner = Task {
      started.signal()
      try? await Task.sleep(for: .seconds(3_600))
      alarm.rang = true
      return alarm
    }
    Task {
      started.signal()
      let result = await inner.value
      use(result.rang ? 1 : 0)
    }
  }

  @inline(never)
  static func run() {
    let started = DispatchSemaphore(value: 0)
    for _ in 1...3 { start(started) }
    for _ in 1...6 { started.wait() }
    settleSuspension()
  }
}

/// A consumer that waits for the next element of a stream whose other end a global holds.
enum StreamConsumer {
  final class Consumer: @unchecked Sendable {
    var seen: [Element] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func consume(_ stream: AsyncStream<Element>, _ seenThree: DispatchSemaphore) async {
      for await element in stream {
        seen.append(element)
        if seen.count == 3 { seenThree.signal() }
      }
    }
  }

  final class Element: Sendable {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var continuation: AsyncStream<Element>.Continuation?
  nonisolated(unsafe) static var buffered: AsyncStream<Element>?

  @inline(never)
  static func run() {
    let (stream, continuation) = AsyncStream.makeStream(of: Element.self)
    StreamConsumer.continuation = continuation
    let seenThree = DispatchSemaphore(value: 0)
    let consumer = Consumer()
    Task { await consumer.consume(stream, seenThree) }
    for _ in 1...3 { StreamConsumer.continuation?.yield(Element()) }
    seenThree.wait()
    // Elements that nobody has asked for stay in the stream's buffer.
    buffered = AsyncStream { continuation in
      for _ in 1...4 { continuation.yield(Element()) }
    }
    settleSuspension()
    use((StreamConsumer.continuation == nil ? 0 : 1) + (buffered == nil ? 0 : 1))
  }
}

/// A stored task that captured self is a cycle only until it has finished: then it lets its closure
/// go.
enum FinishedTask {
  final class Poller: @unchecked Sendable {
    var task: Task<Void, Never>?
    var polls = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    @inline(never)
    func poll() -> Task<Void, Never> {
      let task = Task { self.polls += 1 }
      self.task = task
      return task
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let task = Poller().poll()
      runAsync { await task.value }
    }
    settle { Census.alive(Poller.self) == 0 }
  }
}

/// Structured concurrency that has finished.
enum StructuredTasks {
  final class Chunk: Sendable {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  actor Sum {
    var total = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func add(_ chunk: Chunk) { total += chunk.number }
  }

  @inline(never)
  static func sum() async -> Int {
    let sum = Sum()
    async let first = Chunk(number: 1)
    async let second = Chunk(number: 2)
    await sum.add(first)
    await sum.add(second)
    await withTaskGroup(of: Chunk.self) { group in
      for number in 0..<20 { group.addTask { Chunk(number: number) } }
      for await chunk in group { await sum.add(chunk) }
    }
    return await sum.total
  }

  @inline(never)
  static func run() {
    runAsync { use(await sum()) }
    settle { Census.alive(Sum.self) == 0 && Census.alive(Chunk.self) == 0 }
  }
}

/// Actors that a global holds: one is suspended in a method, others wait for it.
enum WaitingActor {
  actor Gate {
    var waiting: [UnsafeContinuation<Void, Never>] = []
    var visitors: [Visitor] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func enter(_ visitor: Visitor, _ entered: DispatchSemaphore) async {
      visitors.append(visitor)
      await withUnsafeContinuation { continuation in
        waiting.append(continuation)
        entered.signal()
      }
      visitors.removeAll()
    }
  }

  final class Visitor: Sendable {
    let gate: Gate

    init(gate: Gate) {
      self.gate = gate
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var gate = Gate()

  @inline(never)
  static func run() {
    let entered = DispatchSemaphore(value: 0)
    for _ in 1...3 {
      Task { [gate] in await gate.enter(Visitor(gate: gate), entered) }
    }
    for _ in 1...3 { entered.wait() }
    settleSuspension()
    use(ObjectIdentifier(gate).hashValue)
  }
}
