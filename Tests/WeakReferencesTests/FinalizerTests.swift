import Foundation
import Testing

@testable import WeakReferences

/// CPython's tests of `finalize`.
@Suite struct FinalizerTests {
  @Test("F1 a finalizer is alive after its creation")
  func f1() {
    let item = Item()
    #expect(Finalizer(for: item, runsAtExit: false) {}.isAlive)
    withExtendedLifetime(item) {}
  }

  @Test("F2 peek gives the living object")
  func f2() {
    let item = Item()
    let finalizer = Finalizer(for: item, runsAtExit: false) {}
    #expect(finalizer.peek() === item)
    withExtendedLifetime(item) {}
  }

  @Test("F3 calling it runs the action once and gives its result")
  func f3() {
    let item = Item()
    let runs = Counter()
    let finalizer = Finalizer(for: item, runsAtExit: false) {
      runs.increment()
      return 3
    }
    #expect(finalizer() == 3)
    #expect(finalizer() == nil)
    #expect(runs.value == 1)
    withExtendedLifetime(item) {}
  }

  @Test("F4 after a call it is dead")
  func f4() {
    let item = Item()
    let finalizer = Finalizer(for: item, runsAtExit: false) {}
    finalizer()
    #expect(finalizer.peek() == nil)
    #expect(finalizer.detach() == nil)
    #expect(!finalizer.isAlive)
    withExtendedLifetime(item) {}
  }

  @Test("F5 detach gives the action back, and nothing runs any more")
  func f5() {
    let box = Box(Item())
    let runs = Counter()
    let finalizer = box.value.map { Finalizer(for: $0, runsAtExit: false) { runs.increment() } }
    let detached = finalizer?.detach()
    #expect(detached?.object === box.value)
    #expect(finalizer?.isAlive == false)
    #expect(finalizer?.callAsFunction() == nil)
    func forget(_ detached: consuming (object: Item?, action: @Sendable () -> Void)?) {}
    forget(detached)
    box.value = nil
    settle()
    #expect(runs.value == 0)
  }

  @Test("F6 the object's death runs the action once")
  func f6() {
    let box = Box(Item())
    let runs = Counter()
    let finalizer = box.value.map { Finalizer(for: $0, runsAtExit: false) { runs.increment() } }
    box.value = nil
    settle()
    #expect(runs.value == 1)
    #expect(finalizer?.callAsFunction() == nil)
    #expect(finalizer?.peek() == nil)
    #expect(finalizer?.detach() == nil)
    #expect(finalizer?.isAlive == false)
    #expect(runs.value == 1)
  }

  @Test("F8 a finalizer needs nobody to hold it")
  func f8() {
    let box = Box(Item())
    let runs = Counter()
    box.value.map { _ = Finalizer(for: $0, runsAtExit: false) { runs.increment() } }
    box.value = nil
    settle()
    #expect(runs.value == 1)
  }

  /// Four finalizers of which the third was called: what ran, in order, when the object died.
  private func order(
    _ prepare: ([Finalizer<Item, Void>]) -> Void
  ) -> ([Int], [Finalizer<Item, Void>]) {
    let box = Box(Item())
    let log = Log<Int>()
    let finalizers = (1...4).compactMap { number in
      box.value.map { Finalizer(for: $0, runsAtExit: false) { log.append(number) } }
    }
    prepare(finalizers)
    box.value = nil
    settle()
    return (log.all, finalizers)
  }

  @Test("F9 at the death they run newest first")
  func f9() {
    #expect(order { _ in }.0 == [4, 3, 2, 1])
  }

  @Test("F10 one that was called or detached is skipped")
  func f10() {
    let (log, _) = order {
      $0[2]()
      $0[0].detach()
    }
    #expect(log == [3, 4, 2])
  }

  @Test("F11 after the death it isn't alive, and a call does nothing")
  func f11() {
    let (_, finalizers) = order { _ in }
    #expect(finalizers.allSatisfy { !$0.isAlive && $0() == nil })
  }

  @Test("F12 after it ran, action and finalizer are freed")
  func f12() {
    let captured = Box(Item())
    let sentinel = captured.value.map { WeakRef($0) }
    let box = Box(Item())
    let handle = box.value.flatMap { item -> WeakRef<Finalizer<Item, Void>>? in
      let finalizer = Finalizer(for: item, runsAtExit: false) { [held = captured.value] in
        withExtendedLifetime(held) {}
      }
      return WeakRef(finalizer)
    }
    captured.value = nil
    #expect(sentinel?.isAlive == true)
    box.value = nil
    settle()
    #expect(sentinel?.isAlive == false)
    #expect(handle?.isAlive == false)
  }

  /// What a child process that makes finalizers printed, before it exited by `exit`.
  private func atExit(_ output: [UInt8]?) -> String {
    String(decoding: output ?? [], as: UTF8.self)
  }

  @Test("F13 at exit those that are left run newest first, and not after _exit")
  func f13() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let items = [Item(), Item()]
      for name in ["a", "b", "c"] {
        Finalizer(for: items[name == "b" ? 1 : 0]) { say("<\(name)>") }
      }
      withExtendedLifetime(items) { exit(0) }
    }
    let resultOutput = atExit(result?.standardErrorContent)
    #expect(resultOutput.contains("<c><b><a>"))
    let quick = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let item = Item()
      Finalizer(for: item) { say("<ran>") }
      withExtendedLifetime(item) { _exit(0) }
    }
    let quickOutput = atExit(quick?.standardErrorContent)
    #expect(!quickOutput.contains("<ran>"))
  }

  @Test("F14 a finalizer can be kept from running at exit")
  func f14() async {
    let item = Item()
    let kept = Finalizer(for: item) {}
    #expect(kept.runsAtExit)
    kept.detach()
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let item = Item()
      Finalizer(for: item, runsAtExit: false) { say("<a>") }
      let changed = Finalizer(for: item) { say("<b>") }
      changed.runsAtExit = false
      Finalizer(for: item) { say("<c>") }
      withExtendedLifetime(item) { exit(0) }
    }
    let output = atExit(result?.standardErrorContent)
    #expect(output.contains("<c>") && !output.contains("<a>") && !output.contains("<b>"))
  }

  @Test("F15 a finalizer that another makes during exit runs next")
  func f15() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let item = Item()
      Finalizer(for: item) { say("<a>") }
      Finalizer(for: item) {
        say("<b>")
        let late = Item()
        _ = Unmanaged.passRetained(late)
        Finalizer(for: late) { say("<late>") }
      }
      withExtendedLifetime(item) { exit(0) }
    }
    let resultOutput = atExit(result?.standardErrorContent)
    #expect(resultOutput.contains("<b><late><a>"))
  }

  @Test("F16 an action can't throw; one that reports an error doesn't stop the others")
  func f16() async throws {
    try expectRefused(
      "_ = Finalizer(for: item) { throw ReferenceError.objectDied }",
      because: "invalid conversion from throwing function",
      butNot: "_ = Finalizer(for: item) { print(ReferenceError.objectDied) }"
    )
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let item = Item()
      Finalizer(for: item) { say("<a>") }
      Finalizer(for: item) {
        do { throw ReferenceError.objectDied } catch { say("<\(error)>") }
      }
      withExtendedLifetime(item) { exit(0) }
    }
    let resultOutput = atExit(result?.standardErrorContent)
    #expect(resultOutput.contains("<The weakly referenced object was deallocated.><a>"))
  }

  @Test("F17 after the exit's finalizers none runs any more")
  func f17() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let box = Box(Item())
      // Handlers run last in, first out: this one comes after the finalizers'.
      atExitBox.value = box
      atexit {
        atExitBox.value?.value = nil
        settle()
        say("<end>")
      }
      if let item = box.value { Finalizer(for: item, runsAtExit: false) { say("<ran>") } }
      exit(0)
    }
    let output = atExit(result?.standardErrorContent)
    #expect(output.contains("<end>") && !output.contains("<ran>"))
  }

  @Test("F18 exit doesn't hold a lock while an action runs")
  func f18() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let item = Item()
      let other = Finalizer(for: item) { say("<other>") }
      Finalizer(for: item) {
        // Each of these takes the list's lock.
        other.runsAtExit = true
        _ = other.detach()
        say("<done>")
      }
      withExtendedLifetime(item) { exit(0) }
    }
    let output = atExit(result?.standardErrorContent)
    #expect(output.contains("<done>") && !output.contains("<other>"))
  }

  @Test("F19 an action that holds its own object is noticed")
  func f19() {
    let item = Item()
    let (number, other) = (item.number, Item())
    func isNoticed(_ action: @escaping @Sendable () -> Void) -> Bool {
      let finalizer = Finalizer(for: item, runsAtExit: false, action: action)
      // Otherwise the item would be a leak of this test.
      finalizer.detach()
      return finalizer.keepsItsObjectAlive
    }
    let address = UInt(bitPattern: Unmanaged.passUnretained(item).toOpaque())
    let innocent: [@Sendable () -> Void] = [
      {}, { _ = number }, { _ = other }, { _ = (other, number) }, { _ = (address, number) },
      { [weak item] in _ = item }, { [unowned item] in _ = item },
      { [unowned item, number] in _ = (item, number) },
    ]
    for (place, action) in innocent.enumerated() {
      #expect(!isNoticed(action), "innocent \(place)")
    }
    // What was in the block before isn't captured.
    for _ in 0..<8 {
      leaveBehind(address)
      let action: @Sendable () -> Void = { _ = (address, number) }
      #expect(!isNoticed(action))
    }
    let nested: @Sendable () -> Void = { _ = (other, item) }
    let guilty: [@Sendable () -> Void] = [{ _ = item }, { _ = (other, item) }, { nested() }]
    for (place, action) in guilty.enumerated() {
      #expect(isNoticed(action), "guilty \(place)")
    }
  }

  /// A freed block of the size of a context with two words, full of a word.
  @inline(never) private func leaveBehind(_ word: UInt) {
    guard let block = malloc(40) else { return }
    block.initializeMemory(as: UInt.self, repeating: word, count: 5)
    free(block)
  }

  @Test("F20 the description has type and address, or says dead")
  func f20() {
    let item = Item()
    let finalizer = Finalizer(for: item, runsAtExit: false) {}
    #expect("\(finalizer)".hasPrefix("Finalizer(for: WeakReferencesTests.Item at 0x"))
    finalizer.detach()
    #expect("\(finalizer)" == "Finalizer(dead)")
    withExtendedLifetime(item) {}
  }

  @Test("F21 the order at exit is by creation, over all objects")
  func f21() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let items = (0..<4).map { Item($0) }
      for item in items { Finalizer(for: item) { [number = item.number] in say("<\(number)>") } }
      for item in items { Finalizer(for: item) { [number = item.number] in say("<\(number)>") } }
      withExtendedLifetime(items) { exit(0) }
    }
    let resultOutput = atExit(result?.standardErrorContent)
    #expect(resultOutput.contains("<3><2><1><0><3><2><1><0>"))
  }
}

/// What an exit handler, which can't capture, works on.
let atExitBox = Box<Box<Item>>()
