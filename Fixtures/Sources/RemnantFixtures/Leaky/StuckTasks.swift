import Dispatch

/// Listeners that store the task that reads their own stream: each way to write it.
enum StreamListener {
  class Base: @unchecked Sendable {
    var task: Task<Void, Never>?
    var seen = 0

    init() { Census.born(self) }

    deinit {
      task?.cancel()
      Census.died(self)
    }
  }

  /// The task's closure captures the listener.
  final class Closing: Base, @unchecked Sendable {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)

    func listen() {
      task = Task { for await number in self.stream { self.seen += number } }
    }
  }

  /// A method of the listener waits.
  final class Calling: Base, @unchecked Sendable {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)

    func listen() {
      task = Task { await self.consume() }
    }

    func consume() async { for await number in stream { seen += number } }
  }

  /// The stream can fail.
  final class Throwing: Base, @unchecked Sendable {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)

    func listen() {
      task = Task {
        do { for try await number in self.stream { self.seen += number } } catch {}
      }
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      Closing().listen()
      Calling().listen()
      Throwing().listen()
    }
    settleSuspension()
  }
}

/// A listener and its delegate hold each other, too: they stay when the listener's task has ended.
enum ListenerWithDelegate {
  final class Listener: StreamListener.Base, @unchecked Sendable {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    var delegate: Delegate?

    func listen() {
      task = Task { for await number in self.stream { self.seen += number } }
    }
  }

  final class Delegate: Sendable {
    let listener: Listener

    init(of listener: Listener) {
      self.listener = listener
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let listener = Listener()
      listener.delegate = Delegate(of: listener)
      listener.listen()
    }
    settleSuspension()
  }
}

/// An actor that reads a stream of its own in a task that it stores.
enum ListeningActor {
  actor Monitor {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    var task: Task<Void, Never>?
    var seen = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func listen() {
      task = Task { for await number in stream { seen += number } }
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let monitor = Monitor()
      runAsync { await monitor.listen() }
    }
    settleSuspension()
  }
}

/// Two awaits that are lost in different functions, and one in each kind of continuation.
enum LostContinuations {
  final class Upload: @unchecked Sendable {
    var answer = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Row: @unchecked Sendable {
    var answer = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func uploadAnswer() async -> Int {
    await withUnsafeContinuation { (_: UnsafeContinuation<Int, Never>) in }
  }

  @inline(never)
  static func fetchRow() async -> Int {
    await withUnsafeContinuation { (_: UnsafeContinuation<Int, Never>) in }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let upload = Upload()
      Task { upload.answer = await uploadAnswer() }
    }
    for _ in 1...2 {
      let row = Row()
      Task { row.answer = await fetchRow() }
    }
    settleSuspension()
  }
}

/// A child of a group loses its continuation: the group's task waits for ever.
enum StuckChild {
  final class Request: @unchecked Sendable {
    var sum = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func part(_ number: Int) async -> Int {
    number == 1
      ? await withUnsafeContinuation { (_: UnsafeContinuation<Int, Never>) in } : number
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let request = Request()
      Task {
        request.sum = await withTaskGroup(of: Int.self) { group in
          for number in 0..<3 { group.addTask { await part(number) } }
          return await group.reduce(0, +)
        }
      }
    }
    settleSuspension()
  }
}

/// A task of `async let` loses its continuation; others wait for the value of a stuck task.
enum WaitingTasks {
  final class Page: @unchecked Sendable {
    var number = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func lost() async -> Int {
    await withUnsafeContinuation { (_: UnsafeContinuation<Int, Never>) in }
  }

  @inline(never)
  static func start() {
    let page = Page()
    Task {
      async let first = lost()
      async let second = 2
      page.number = await first + second
    }
    let other = Page()
    let slow = Task { await lost() }
    Task { other.number = await slow.value }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 { start() }
    settleSuspension()
  }
}

/// Two tasks that wait for each other's value.
enum TaskDeadlock {
  final class Pair: @unchecked Sendable {
    var left: Task<Int, Never>?
    var right: Task<Int, Never>?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let pair = Pair()
      let isReady = DispatchSemaphore(value: 0)
      let (gate, opener) = AsyncStream.makeStream(of: Void.self)
      pair.left = Task {
        isReady.signal()
        for await _ in gate {}
        return await pair.right?.value ?? 0
      }
      pair.right = Task { await pair.left?.value ?? 0 }
      isReady.wait()
      opener.finish()
    }
    settleSuspension()
  }
}

/// A cycle that an over-retained object holds: to balance the retain wouldn't free the cycle.
enum HeldCycle {
  final class Session {
    let owner: Owner

    init(owner: Owner) {
      self.owner = owner
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Owner {
    var pet: Pet?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Pet {
    var owner: Owner?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var checksum = 0

  @inline(never)
  static func start() {
    let owner = Owner()
    let pet = Pet()
    owner.pet = pet
    pet.owner = owner
    let session = Session(owner: owner)
    checksum &+= Int(bitPattern: Unmanaged.passRetained(session).toOpaque())
  }

  @inline(never)
  static func run() {
    for _ in 1...2 { start() }
    use(checksum)
    checksum = 0
  }
}

/// Memory that is given back before what it holds is released.
enum NoDeinitialize {
  final class Node {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  struct Slot {
    var values: [Int]
    var node: Node
  }

  @inline(never)
  static func start(_ number: Int) {
    let slot = UnsafeMutablePointer<Slot>.allocate(capacity: 1)
    slot.initialize(to: Slot(values: Array(repeating: number, count: 100), node: Node()))
    use(slot.pointee.values.count)
    slot.deallocate()
  }

  @inline(never)
  static func run() {
    for number in 1...4 { start(number) }
  }
}
