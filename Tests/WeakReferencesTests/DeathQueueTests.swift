import Testing

@testable import WeakReferences

/// Deaths that are asked for.
@Suite struct DeathQueueTests {
  private func watch(_ boxes: [Box<Item>], with queue: DeathQueue<Int>, token: CancelToken? = nil) {
    for box in boxes { box.value.map { queue.watch($0, as: $0.number, token: token) } }
  }

  private func makeBoxes(_ count: Int) -> [Box<Item>] { (0..<count).map { Box(Item($0)) } }

  @Test("polling gives each death once, in the order of the deaths")
  func polling() {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(4))
    watch(boxes, with: queue)
    #expect(queue.poll() == nil && queue.count == 0)
    for number in [2, 0, 3] {
      boxes[number].value = nil
      settle()
    }
    #expect(queue.count == 3)
    #expect([queue.poll(), queue.poll()] == [2, 0])
    boxes[1].value = nil
    settle()
    #expect([queue.poll(), queue.poll(), queue.poll()] == [3, 1, nil])
    #expect(queue.count == 0)
  }

  @Test("an element is held until its death was delivered")
  func elements() {
    let queue = DeathQueue<Item>()
    let (held, box) = (Box(Item(5)), Box(Item()))
    let observer = held.value.map { WeakRef($0) }
    box.value.map { object in held.value.map { queue.watch(object, as: $0) } }
    held.value = nil
    box.value = nil
    settle()
    #expect(observer?.isAlive == true)
    #expect(queue.poll()?.number == 5)
    #expect(observer?.isAlive == false)
  }

  @MainActor @Test("a consumer that waits is given the next death")
  func waiting() async {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(3))
    watch(boxes, with: queue)
    let consumer = Consumer(queue)
    for (count, number) in [1, 0, 2].enumerated() {
      await consumer.waits(after: count)
      boxes[number].value = nil
      settle()
      // It has been handed over, and lies nowhere else.
      #expect(queue.count == 0)
    }
    queue.finish()
    #expect(await consumer.end() == [1, 0, 2])
  }

  @MainActor @Test("a consumer whose task is cancelled ends, and loses no death")
  func cancellation() async {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(2))
    watch(boxes, with: queue)
    let consumer = Consumer(queue)
    await consumer.waits()
    consumer.task.cancel()
    #expect(await consumer.end() == [])
    boxes[0].value = nil
    settle()
    #expect(queue.poll() == 0)
    // Cancelled before it could wait: it doesn't.
    let other = Task { await queue.makeAsyncIterator().next() }
    other.cancel()
    #expect(await other.value == nil)
    boxes[1].value = nil
    settle()
    #expect(queue.poll() == 1)
  }

  @Test("finishing ends iterations after the deaths so far; later ones can be polled")
  func finish() async {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(3))
    watch(boxes, with: queue)
    for number in 0..<2 {
      boxes[number].value = nil
      settle()
    }
    queue.finish()
    queue.finish()
    var seen: [Int] = []
    for await number in queue { seen.append(number) }
    #expect(seen == [0, 1])
    boxes[2].value = nil
    settle()
    #expect(queue.count == 1)
    #expect(queue.poll() == 2)
    #expect(await queue.makeAsyncIterator().next() == nil)
  }

  @MainActor @Test("finishing ends every consumer that waits")
  func finishWhileWaiting() async {
    let queue = DeathQueue<Int>()
    let consumers = (0..<3).map { _ in Consumer(queue) }
    for consumer in consumers { await consumer.waits() }
    queue.finish()
    for consumer in consumers { #expect(await consumer.end() == []) }
  }

  @MainActor @Test("several iterators share the deaths: the one that has waited longest is next")
  func sharing() async {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(6))
    watch(boxes, with: queue)
    let consumers = [Consumer(queue), Consumer(queue)]
    for (number, box) in boxes.enumerated() {
      // Who was given one waits again, behind the other.
      while consumers[0].seen.count + consumers[1].seen.count < number { await Task.yield() }
      for consumer in consumers { await consumer.waits() }
      box.value = nil
      settle()
    }
    queue.finish()
    let (first, second) = (await consumers[0].end(), await consumers[1].end())
    #expect((first + second).sorted() == Array(0..<6))
    #expect(first.count == 3 && second.count == 3)
  }

  @Test("releasing a queue drops what it has, and forgets what it watches")
  func release() {
    let (queue, objects) = (Box(DeathQueue<Item>()), makeBoxes(2))
    let elements = (0..<2).map { Box(Item($0)) }
    let observers = elements.compactMap { $0.value.map { WeakRef($0) } }
    for (object, element) in zip(objects, elements) {
      if let object = object.value, let element = element.value {
        queue.value?.watch(object, as: element)
      }
      element.value = nil
    }
    objects[0].value = nil
    settle()
    #expect(queue.value?.count == 1)
    #expect(observers.map(\.isAlive) == [true, true])
    queue.value = nil
    #expect(observers.map(\.isAlive) == [false, false])
    objects[1].value = nil
    settle()
  }

  @Test("a queue is an asynchronous sequence, whose algorithms work")
  func sequence() async {
    let (queue, boxes) = (DeathQueue<Int>(), makeBoxes(5))
    watch(boxes, with: queue)
    for box in boxes {
      box.value = nil
      settle()
    }
    var seen: [String] = []
    for await name in queue.filter({ $0 != 1 }).map({ "\($0)" }).prefix(3) { seen.append(name) }
    #expect(seen == ["0", "2", "3"])
    queue.finish()
    #expect(await queue.reduce(0, +) == 4)
  }

  @Test("a token cancels what is watched; an object whose deinit has begun isn't watched")
  func notWatched() {
    final class Late: @unchecked Sendable {
      let queue: DeathQueue<Int>
      init(_ queue: DeathQueue<Int>) { self.queue = queue }
      deinit { queue.watch(self, as: -1) }
    }
    let (queue, boxes, token) = (DeathQueue<Int>(), makeBoxes(2), CancelToken())
    watch([boxes[0]], with: queue, token: token)
    watch([boxes[1]], with: queue)
    #expect(token.count == 1)
    token.cancel()
    for box in boxes { box.value = nil }
    let late = Box(Late(queue))
    late.value = nil
    settle()
    #expect([queue.poll(), queue.poll()] == [1, nil])
  }

  @Test("deaths on several threads reach the consumers, each once")
  func threads() async {
    let queue = DeathQueue<Int>()
    let consumers = (0..<2).map { _ in
      Task {
        var seen: [Int] = []
        for await number in queue { seen.append(number) }
        return seen
      }
    }
    await Task.detached {
      onThreads(3) { thread in
        for number in 0..<1_000 { queue.watch(Item(number), as: thread * 1_000 + number) }
      }
    }.value
    settle()
    queue.finish()
    var seen: [Int] = []
    for consumer in consumers { seen += await consumer.value }
    #expect(seen.sorted() == Array(0..<3_000))
  }
}

/// Iterates over a queue on the main actor, where the tests see it wait: there, between two of its steps, it can be
/// nowhere else.
@MainActor private final class Consumer {
  private(set) var seen: [Int] = []
  private var asks = 0
  private var waited = 0
  private(set) var task = Task { @MainActor in }

  init(_ queue: DeathQueue<Int>) {
    task = Task { @MainActor in
      let iterator = queue.makeAsyncIterator()
      repeat {
        asks += 1
        guard let number = await iterator.next(isolation: MainActor.shared) else { return }
        seen.append(number)
      } while true
    }
  }

  /// Returns once it has seen so many deaths and waits for another.
  func waits(after count: Int = 0) async {
    while seen.count < count || asks == seen.count { await Task.yield() }
  }

  /// What it has seen by its end.
  func end() async -> [Int] {
    await task.value
    return seen
  }
}
