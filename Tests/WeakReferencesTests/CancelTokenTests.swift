import Testing

@testable import WeakReferences

/// Groups of callbacks that are cancelled at once.
@Suite struct CancelTokenTests {
  @Test(
    "cancelling a group runs none of its callbacks, releases their values, and leaves others alone"
  )
  func group() {
    let told = Log<String>()
    let (held, token) = (Box(Item()), CancelToken())
    let observer = held.value.map { WeakRef($0) }
    let registry = DeathRegistry<(name: String, held: Item?)> { told.append($0.name) }
    let queue = DeathQueue<String>()
    let boxes = Box((0..<6).map { Item($0) })
    for item in boxes.value ?? [] {
      let isOfGroup = item.number % 2 == 0
      registry.register(
        item,
        holding: (name: "\(item.number)", held: isOfGroup ? held.value : nil),
        token: isOfGroup ? token : nil
      )
      queue.watch(item, as: "\(item.number)", token: isOfGroup ? token : nil)
    }
    held.value = nil
    #expect(token.count == 6 && registry.count == 6)
    #expect(observer?.isAlive == true)
    token.cancel()
    #expect(token.count == 0 && registry.count == 3)
    #expect(observer?.isAlive == false)
    boxes.value = nil
    settle()
    #expect(told.all.sorted() == ["1", "3", "5"])
    #expect(
      [queue.poll(), queue.poll(), queue.poll()].compactMap(\.self).sorted() == ["1", "3", "5"]
    )
    #expect(queue.poll() == nil)
  }

  @Test("releasing a token cancels nothing")
  func release() {
    let told = Counter()
    let registry = DeathRegistry<Int> { _ in told.increment() }
    let (box, token) = (Box(Item()), Box(CancelToken()))
    box.value.map { registry.register($0, holding: 1, token: token.value) }
    token.value = nil
    #expect(registry.count == 1)
    box.value = nil
    settle()
    #expect(told.value == 1)
  }

  @Test("a death leaves the group; what comes after a cancellation is a new group")
  func reuse() {
    let told = Log<Int>()
    let registry = DeathRegistry<Int> { told.append($0) }
    let (boxes, token) = ((0..<3).map { Box(Item($0)) }, CancelToken())
    for number in 0..<2 {
      boxes[number].value.map { registry.register($0, holding: number, token: token) }
    }
    boxes[0].value = nil
    settle()
    #expect(token.count == 1)
    token.cancel()
    token.cancel()
    boxes[2].value.map { registry.register($0, holding: 2, token: token) }
    #expect(token.count == 1)
    for box in boxes { box.value = nil }
    settle()
    #expect(told.all == [0, 2])
    #expect(token.count == 0)
  }

  @Test("a callback that cancels its group stops those of the same death that haven't run")
  func cancellingInACallback() {
    let (told, token) = (Log<String>(), CancelToken())
    let registry = DeathRegistry<String> { name in
      told.append(name)
      if name == "newest" { token.cancel() }
    }
    let box = Box(Item())
    box.value.map {
      registry.register($0, holding: "oldest")
      registry.register($0, holding: "of the group", token: token)
      registry.register($0, holding: "newest", token: token)
    }
    box.value = nil
    settle()
    #expect(told.all == ["newest", "oldest"])
    #expect(token.count == 0 && registry.count == 0)
  }

  @Test("values whose deinit uses the token or the registry are released without a lock")
  func reentrance() {
    final class Held: @unchecked Sendable {
      let end: @Sendable () -> Void
      init(_ end: @escaping @Sendable () -> Void) { self.end = end }
      deinit { end() }
    }
    let (token, ends) = (CancelToken(), Counter())
    let registry = DeathRegistry<Held> { _ in }
    let items = (0..<3).map { Item($0) }
    for item in items {
      let held = Held { [weak registry] in
        ends.increment()
        token.cancel()
        if token.count == 0 && registry?.count ?? 0 <= 3 { ends.increment() }
      }
      registry.register(item, holding: held, token: token)
    }
    token.cancel()
    #expect(ends.value == 6)
    #expect(registry.count == 0)
    withExtendedLifetime(items) {}
  }

  @Test(
    "one thread cancels while another releases: each value goes, each callback runs once at most"
  )
  func race() {
    for _ in 0..<200 {
      let (calls, ends, token) = (Counter(), Counter(), CancelToken())
      let registry = DeathRegistry<Sentinel> { _ in calls.increment() }
      let objects = Box((0..<20).map { Item($0) })
      for object in objects.value ?? [] {
        registry.register(object, holding: Sentinel(ends), token: token)
      }
      onThreads(2) { thread in
        if thread == 0 { token.cancel() } else { objects.value = nil }
      }
      settle()
      #expect((0...20).contains(calls.value))
      #expect(ends.value == 20)
      #expect(token.count == 0 && registry.count == 0)
    }
  }
}

/// Says when it goes.
private final class Sentinel: Sendable {
  private let ends: Counter
  init(_ ends: Counter) { self.ends = ends }
  deinit { ends.increment() }
}
