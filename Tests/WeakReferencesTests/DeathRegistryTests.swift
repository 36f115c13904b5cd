import Testing

@testable import WeakReferences

/// One callback for many objects, each with a value that is held for it.
@Suite struct DeathRegistryTests {
  @Test("the callback gets the value of each object that dies, once, at its death")
  func values() {
    let told = Log<Int>()
    let registry = DeathRegistry<Int> { told.append($0) }
    let boxes = (0..<4).map { Box(Item($0)) }
    for box in boxes { box.value.map { registry.register($0, holding: $0.number) } }
    #expect(registry.count == 4)
    for number in [2, 0, 3] {
      boxes[number].value = nil
      settle()
    }
    #expect(told.all == [2, 0, 3])
    #expect(registry.count == 1)
    boxes[1].value = nil
    settle()
    settle()
    #expect(told.all == [2, 0, 3, 1])
    #expect(registry.count == 0)
  }

  @Test("an object can be registered more than once: its values come newest first")
  func severalTimes() {
    let told = Log<String>()
    let (one, other) = (
      DeathRegistry<String> { told.append("one \($0)") },
      DeathRegistry<String> { told.append("other \($0)") }
    )
    let box = Box(Item())
    box.value.map {
      one.register($0, holding: "a")
      other.register($0, holding: "b")
      one.register($0, holding: "b")
    }
    #expect(one.count == 2 && other.count == 1)
    box.value = nil
    settle()
    #expect(told.all == ["one b", "other b", "one a"])
    #expect(one.count == 0 && other.count == 0)
  }

  @Test("a value is held until its callback has run, and no longer")
  func heldValues() {
    let lives = Log<Bool>()
    let held = Box(Item(7))
    let observer = held.value.map { WeakRef($0) }
    let registry = DeathRegistry<Item> { lives.append($0.number == 7) }
    let box = Box(Item())
    box.value.map { object in held.value.map { registry.register(object, holding: $0) } }
    held.value = nil
    #expect(observer?.isAlive == true)
    box.value = nil
    settle()
    #expect(lives.all == [true])
    #expect(observer?.isAlive == false)
  }

  @Test("releasing the registry cancels what waits, and releases values and callback")
  func release() {
    let told = Counter()
    let (held, captured) = (Box(Item()), Box(Item()))
    let observers = [held, captured].compactMap { $0.value.map { WeakRef($0) } }
    let registry = Box(
      DeathRegistry<Item> { [item = captured.value] _ in
        withExtendedLifetime(item) { told.increment() }
      }
    )
    let box = Box(Item())
    box.value.map { object in held.value.map { registry.value?.register(object, holding: $0) } }
    (held.value, captured.value) = (nil, nil)
    #expect(observers.map(\.isAlive) == [true, true])
    registry.value = nil
    #expect(observers.map(\.isAlive) == [false, false])
    #expect(box.value.map { ReferenceCounts(of: $0).unowned } == 0)
    box.value = nil
    settle()
    #expect(told.value == 0)
  }

  @Test("a value that keeps its own object alive is never heard of, until it is cancelled")
  func valueOwnsObject() {
    let told = Counter()
    let registry = DeathRegistry<Item> { _ in told.increment() }
    let token = CancelToken()
    let box = Box(Item())
    let observer = box.value.map { WeakRef($0) }
    box.value.map { registry.register($0, holding: $0, token: token) }
    box.value = nil
    settle()
    #expect(observer?.isAlive == true)
    #expect(told.value == 0 && registry.count == 1)
    token.cancel()
    settle()
    #expect(observer?.isAlive == false)
    #expect(told.value == 0 && registry.count == 0)
  }

  @Test("a callback holds no lock: it may count, register, cancel and release the registry itself")
  func reentrance() {
    let told = Log<Int>()
    let registry = Box<DeathRegistry<Int>>()
    let (next, last) = (Box(Item(1)), Box(Item(2)))
    let token = CancelToken()
    registry.value = DeathRegistry<Int> { number in
      told.append(number)
      if number == 0 {
        #expect(registry.value?.count == 1)
        next.value.map { registry.value?.register($0, holding: $0.number) }
        next.value = nil
        token.cancel()
      } else {
        registry.value = nil
      }
    }
    let box = Box(Item(0))
    box.value.map { registry.value?.register($0, holding: $0.number) }
    last.value.map { registry.value?.register($0, holding: $0.number, token: token) }
    box.value = nil
    // A collection doesn't see those who die in it.
    settle()
    settle()
    #expect(told.all == [0, 1])
    #expect(registry.value == nil)
    last.value = nil
    settle()
    #expect(told.all == [0, 1])
  }

  @Test("an object whose deinit has begun isn't registered, and its value is released")
  func registeringInDeinit() {
    final class Late: @unchecked Sendable {
      let registry: DeathRegistry<Item>
      let held: Box<Item>
      init(_ registry: DeathRegistry<Item>, _ held: Box<Item>) {
        self.registry = registry
        self.held = held
      }
      deinit { held.value.map { registry.register(self, holding: $0) } }
    }
    let told = Counter()
    let registry = DeathRegistry<Item> { _ in told.increment() }
    let held = Box(Item())
    let observer = held.value.map { WeakRef($0) }
    let box = Box(Late(registry, held))
    box.value = nil
    settle()
    #expect(registry.count == 0 && told.value == 0)
    held.value = nil
    #expect(observer?.isAlive == false)
  }

  @Test("threads share a registry: each of their deaths is told of once")
  func threads() {
    let told = Log<Int>()
    let registry = DeathRegistry<Int> { told.append($0) }
    onThreads(4) { thread in
      for number in 0..<1_000 {
        registry.register(Item(number), holding: thread * 1_000 + number)
      }
    }
    settle()
    #expect(told.all.sorted() == Array(0..<4_000))
    #expect(registry.count == 0)
  }
}
