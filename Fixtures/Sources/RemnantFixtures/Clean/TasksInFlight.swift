import Dispatch
import Glibc

/// Tasks that are far from their end when the program ends, in every state: what they hold is held.
enum TasksInFlight {
  final class Item: @unchecked Sendable {
    var number = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  actor Counter {
    var total = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    /// Blocks its thread until the program ends.
    func block(_ started: DispatchSemaphore) {
      started.signal()
      DispatchSemaphore(value: 0).wait()
    }

    func add(_ item: Item) { total += item.number }
  }

  nonisolated(unsafe) static var continuations: [CheckedContinuation<Int, Never>] = []
  nonisolated(unsafe) static var streams: [AsyncStream<Item>.Continuation] = []
  nonisolated(unsafe) static var failing: [AsyncThrowingStream<Item, any Error>.Continuation] = []
  nonisolated(unsafe) static var cancelled: [Task<Void, Never>] = []

  private static func sleep() async { try? await Task.sleep(for: .seconds(3_600)) }

  @inline(never)
  static func suspend() {
    let sleeping = Item()
    Task {
      await sleep()
      sleeping.number += 1
    }
    let waiting = Item()
    let lock = DispatchQueue(label: "continuations")
    Task {
      waiting.number = await withCheckedContinuation { continuation in
        lock.sync { continuations.append(continuation) }
      }
    }
    let grouped = (0..<3).map { _ in Item() }
    Task {
      await withTaskGroup(of: Void.self) { group in
        for item in grouped {
          group.addTask {
            await sleep()
            item.number += 1
          }
        }
      }
    }
    let parent = Item()
    Task {
      async let first: Void = sleep()
      async let second: Void = sleep()
      _ = await (first, second)
      parent.number += 1
    }
    let handled = Item()
    Task {
      await withTaskCancellationHandler {
        await sleep()
        handled.number += 1
      } onCancel: {
        handled.number = 0
      }
    }
  }

  @inline(never)
  static func read() {
    let (stream, continuation) = AsyncStream.makeStream(of: Item.self)
    streams.append(continuation)
    let reader = Item()
    Task { for await item in stream { reader.number += item.number } }
    continuation.yield(Item())
    let (throwing, other) = AsyncThrowingStream.makeStream(of: Item.self)
    failing.append(other)
    let second = Item()
    Task { for try await item in throwing { second.number += item.number } }
    let loading = Task { () -> Item in
      await sleep()
      return Item()
    }
    let waiter = Item()
    Task { waiter.number = await loading.value.number }
  }

  @inline(never)
  static func queue() {
    let started = DispatchSemaphore(value: 0)
    let counter = Counter()
    Task { await counter.block(started) }
    started.wait()
    for _ in 0..<3 {
      let item = Item()
      Task { await counter.add(item) }
      Task { @MainActor in item.number += 1 }
    }
  }

  @inline(never)
  static func cancel() {
    for _ in 0..<3 {
      let item = Item()
      let task = Task {
        _ = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
          DispatchQueue.global().asyncAfter(deadline: .now() + 3_600) {
            continuation.resume(returning: item.number)
          }
        }
        item.number += 1
      }
      task.cancel()
      cancelled.append(task)
    }
  }

  @inline(never)
  static func run() {
    suspend()
    read()
    cancel()
    settleSuspension()
    queue()
    settleSuspension()
    use(continuations.count + streams.count + failing.count + cancelled.count)
  }
}

/// Pointers where only bytes are seen: tagged and shifted in C memory, and on their way through a pipe.
enum HiddenPointers {
  final class Node {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var words: UnsafeMutablePointer<UInt>?
  nonisolated(unsafe) static var ends: [Int32] = [0, 0]

  private static func word() -> UInt {
    UInt(bitPattern: Unmanaged.passRetained(Node()).toOpaque())
  }

  @inline(never)
  static func tag() {
    let words = UnsafeMutablePointer<UInt>.allocate(capacity: 3)
    words[0] = word() | 0xbeef << 48 | 5
    words[1] = word() | 0x00ab << 48
    words[2] = word() + 8
    HiddenPointers.words = words
  }

  @inline(never)
  static func send() {
    guard pipe(&ends) == 0 else { return }
    var pointer = word()
    withUnsafeBytes(of: &pointer) { use(write(ends[1], $0.baseAddress, 8)) }
    pointer = 0
  }

  @inline(never)
  static func run() {
    tag()
    send()
    use(words == nil ? 0 : 1)
    use(Int(ends[0]))
  }
}
