import Dispatch

/// An actor and an object that own each other.
enum ActorCycle {
  actor Account {
    let ledger: Ledger
    var balance = 0

    init(ledger: Ledger) {
      self.ledger = ledger
      Census.born(self)
    }

    deinit { Census.died(self) }

    func deposit(_ amount: Int) { balance += amount }
  }

  final class Ledger: @unchecked Sendable {
    var account: Account?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let ledger = Ledger()
      let account = Account(ledger: ledger)
      ledger.account = account
      runAsync { await account.deposit(10) }
    }
  }
}

/// A stored task whose result is the object that stores it.
enum TaskResult {
  final class Loader: @unchecked Sendable {
    var task: Task<Loader, Never>?
    var loads = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    @inline(never)
    func load() -> Task<Loader, Never> {
      let task = Task {
        self.loads += 1
        return self
      }
      self.task = task
      return task
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let task = Loader().load()
      runAsync { _ = await task.value }
    }
  }
}

/// A task that waits for a continuation that nobody has: it and what it holds can't be freed.
enum StuckTask {
  final class Session: @unchecked Sendable {
    var isReady = false

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func waitForLogin(_ started: DispatchSemaphore) async {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in
        // The callback was forgotten.
        started.signal()
      }
      isReady = true
    }
  }

  @inline(never)
  static func start() {
    let session = Session()
    let started = DispatchSemaphore(value: 0)
    Task { await session.waitForLogin(started) }
    started.wait()
  }

  @inline(never)
  static func run() {
    for _ in 1...2 { start() }
    settleSuspension()
  }
}

/// A stream's termination handler that captures the object that keeps the stream going.
enum StreamTermination {
  final class Feed: @unchecked Sendable {
    var continuation: AsyncStream<Int>.Continuation?
    var ended = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func open() {
      let (_, continuation) = AsyncStream.makeStream(of: Int.self)
      self.continuation = continuation
      continuation.onTermination = { _ in self.ended += 1 }
    }
  }

  @inline(never)
  static func run() {
    Feed().open()
  }
}
