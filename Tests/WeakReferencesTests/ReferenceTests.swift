import Foundation
import Synchronization
import Testing

@testable import WeakReferences

/// CPython's `ReferencesTestCase`, about references themselves.
@Suite struct ReferenceTests {
  @Test("R1 a reference to a living object gives it")
  func r1() {
    let item = Item()
    let reference = WeakRef(item)
    #expect(reference.object != nil)
    #expect(reference() != nil)
    #expect(reference.isAlive)
    withExtendedLifetime(item) {}
  }

  @Test("R2 what a reference gives is the very object")
  func r2() {
    let item = Item()
    #expect(WeakRef(item).object === item)
    #expect(WeakRef(item).anyObject === item)
    #expect(WeakRef(item).refers(to: item))
    #expect(!WeakRef(item).refers(to: Item()))
    withExtendedLifetime(item) {}
  }

  @Test("R3 a function can be referred to in a box")
  func r3() {
    var box: Generic<() -> Int>? = Generic { 4 }
    let reference = box.map { WeakRef($0) }
    #expect(reference?.object?.element() == 4)
    box = nil
    #expect(reference?.object == nil)
  }

  @Test("R4 living and dead references have descriptions")
  func r4() {
    let item = Item()
    #expect(!"\(WeakRef(item))".isEmpty)
    #expect(!"\(WeakRef(Item()))".isEmpty)
    withExtendedLifetime(item) {}
  }

  @Test("R5 the description of a living reference has the types and both addresses")
  func r5() {
    let item = DerivedItem()
    let reference = WeakRef<Item>(item)
    let own = UInt(bitPattern: Unmanaged.passUnretained(reference).toOpaque())
    let address = UInt(bitPattern: Unmanaged.passUnretained(item).toOpaque())
    #expect(
      "\(reference)"
        == "WeakRef<WeakReferencesTests.Item>(0x\(String(own, radix: 16)) -> "
        + "WeakReferencesTests.DerivedItem at 0x\(String(address, radix: 16)))"
    )
    withExtendedLifetime((item, reference)) {}
  }

  @Test("R6 the description of a dead reference says so, and has the type")
  func r6() {
    let description = "\(WeakRef(Item()))"
    #expect(description.hasPrefix("WeakRef<WeakReferencesTests.Item>(0x"))
    #expect(description.hasSuffix(", dead)"))
  }

  @Test("R8 a description runs no code of the object")
  func r8() {
    final class Touchy: CustomStringConvertible, Hashable, Sendable {
      let touched = Counter()
      var description: String {
        touched.increment()
        return ""
      }
      static func == (left: Touchy, right: Touchy) -> Bool {
        left.touched.increment()
        return true
      }
      func hash(into hasher: inout Hasher) { touched.increment() }
    }
    let touchy = Touchy()
    let reference = WeakRef(touchy)
    _ = ("\(reference)", reference.hashValue, reference == WeakRef(touchy))
    #expect(touchy.touched.value == 0)
  }

  @Test("R9 the callback runs once, when the last strong reference goes")
  func r9() {
    let deaths = Counter()
    var item: Item? = Item()
    let other = item
    let reference = item.map { WeakRef($0) { _ in deaths.increment() } }
    item = nil
    settle()
    #expect(deaths.value == 0)
    withExtendedLifetime(other) {}
    func end(_ last: consuming Item?) { last = nil }
    let box = Box<Item>(Item())
    let second = box.value.map { WeakRef($0) { _ in deaths.increment() } }
    box.value = nil
    settle()
    #expect(deaths.value == 1)
    settle()
    #expect(deaths.value == 1)
    withExtendedLifetime((reference, second)) {}
  }

  @Test("R10 in the callback, and after it, the reference is dead")
  func r10() {
    let seen = Log<Bool>()
    let reference = WeakRef(Item()) { reference in
      seen.append(reference.object == nil && !reference.isAlive)
    }
    settle()
    #expect(seen.all == [true])
    #expect(reference.object == nil)
    withExtendedLifetime(reference) {}
  }

  @Test("R11 Foundation's classes and Core Foundation's objects can be referred to")
  func r11() {
    let deaths = Counter()
    let string = WeakRef(NSMutableString(string: "a")) { _ in deaths.increment() }
    let data = WeakRef(NSMutableData(length: 3) ?? NSMutableData()) { _ in deaths.increment() }
    let locale = WeakRef(NSLocale(localeIdentifier: "de_DE")) { _ in deaths.increment() }
    settle()
    #expect(deaths.value == 3)
    withExtendedLifetime((string, data, locale)) {}
  }

  @Test("R12 two references to one object both die and both call back")
  func r12() {
    let deaths = Counter()
    let box = Box(Item())
    let references = (0..<2).compactMap { _ in
      box.value.map { WeakRef($0) { _ in deaths.increment() } }
    }
    box.value = nil
    settle()
    #expect(deaths.value == 2)
    #expect(references.allSatisfy { $0.object == nil })
    #expect(references.count == 2)
  }

  @Test("R13 all references are dead before any callback runs")
  func r13() {
    let seen = Log<Bool>()
    let box = Box(Item())
    let references = Box<[WeakRef<Item>]>([])
    let made = (0..<3).compactMap { _ in
      box.value.map { item in
        WeakRef(item) { _ in
          seen.append(references.value?.allSatisfy { $0.object == nil } ?? false)
        }
      }
    }
    references.value = made
    box.value = nil
    settle()
    #expect(seen.all == [true, true, true])
  }

  @Test("R15 references to one object without callback are equal")
  func r15() {
    let item = Item()
    #expect(WeakRef(item) == WeakRef(item))
    withExtendedLifetime(item) {}
  }

  @Test("R16 a proxy made in between doesn't change that")
  func r16() {
    let item = Item()
    let reference = WeakRef(item)
    let proxy = WeakProxy(item)
    #expect(WeakRef(item) == reference)
    #expect(proxy.reference == reference)
    withExtendedLifetime((item, proxy)) {}
  }

  @Test("R17 an explicit nil is no callback")
  func r17() {
    let item = Item()
    #expect(WeakRef(item, callback: nil) == WeakRef(item))
    #expect(!WeakRef(item, callback: nil).hasCallback)
    withExtendedLifetime(item) {}
  }

  @Test("R18 equal objects don't make references equal, the same object does")
  func r18() {
    let (one, other) = (Item(1), Item(1))
    #expect(one == other)
    #expect(WeakRef(one) != WeakRef(other))
    #expect(WeakRef(one) == WeakRef(one))
    let upcast: AnyWeakRef = WeakRef<AnyObject>(one)
    #expect(upcast == WeakRef(one))
    withExtendedLifetime((one, other)) {}
  }

  @Test("R19 a reference never equals its object")
  func r19() {
    let item = Item()
    #expect(AnyHashable(WeakRef(item)) != AnyHashable(item))
    withExtendedLifetime(item) {}
  }

  @Test("R21 equality outlives the object, and a reused address is another object")
  func r21() {
    var dead: [(WeakRef<Item>, WeakRef<Item>)] = []
    // The allocator gives the same address again and again.
    for number in 0..<50 {
      let item = Item(number)
      dead.append((WeakRef(item), WeakRef(item)))
      withExtendedLifetime(item) {}
    }
    for (one, other) in dead {
      #expect(one.object == nil)
      #expect(one == other)
    }
    #expect(Set(dead.map(\.0)).count == 50)
  }

  @Test("R22 != is always the opposite of ==")
  func r22() {
    let item = Item()
    let references = [WeakRef(item), WeakRef(item), WeakRef(Item()), WeakRef(Item())]
    for one in references {
      for other in references {
        #expect((one == other) != (one != other))
      }
    }
    withExtendedLifetime(item) {}
  }

  @Test("R23 references have no order")
  func r23() {
    let reference: Any = WeakRef(Item())
    #expect(!(reference is any Comparable))
  }

  @Test("R24 the hash is of identity")
  func r24() {
    let (one, other) = (Item(1), Item(1))
    let references = [WeakRef(one), WeakRef(one), WeakRef(other)]
    #expect(references[0].hashValue == references[1].hashValue)
    #expect(Set(references).count == 2)
    withExtendedLifetime((one, other)) {}
  }

  @Test("R25 the hash outlives the object")
  func r25() {
    let box = Box(Item())
    let reference = box.value.map { WeakRef($0) }
    let hash = reference?.hashValue
    box.value = nil
    #expect(reference?.object == nil)
    #expect(reference?.hashValue == hash)
  }

  @Test("R27 a reference knows whether it has a callback")
  func r27() {
    let item = Item()
    #expect(WeakRef(item) { _ in }.hasCallback)
    #expect(!WeakRef(item).hasCallback)
    withExtendedLifetime(item) {}
  }

  @Test("R28 the callback and what it captured are released once it ran")
  func r28() {
    let captured = Box(Item())
    let sentinel = captured.value.map { WeakRef($0) }
    let box = Box(Item())
    let reference = box.value.map { item in
      WeakRef(item) { [item = captured.value] _ in withExtendedLifetime(item) {} }
    }
    captured.value = nil
    #expect(sentinel?.object != nil)
    #expect(reference?.hasCallback == true)
    box.value = nil
    settle()
    #expect(reference?.hasCallback == false)
    #expect(sentinel?.object == nil)
  }

  @Test("R29 a callback can be cancelled, not replaced")
  func r29() throws {
    let deaths = Counter()
    let box = Box(Item())
    let reference = box.value.map { WeakRef($0) { _ in deaths.increment() } }
    reference?.cancel()
    #expect(reference?.hasCallback == false)
    #expect(reference?.isAlive == true)
    box.value = nil
    settle()
    #expect(deaths.value == 0)
    withExtendedLifetime(reference) {}
    try expectRefused(
      "reference.callback = nil",
      because: "inaccessible due to 'private'",
      butNot: "reference.cancel()"
    )
    try expectRefused(
      "reference.hasCallback = false",
      because: "is a get-only property",
      butNot: "_ = reference.hasCallback"
    )
  }

  @Test("R30 a callback may collect, also while the object has a finalizer")
  func r30() {
    let runs = Counter()
    let box = Box(Item())
    let reference = box.value.map {
      WeakRef($0) { _ in
        WeakReferences.collect()
        runs.increment()
      }
    }
    if let item = box.value {
      Finalizer(for: item) {
        WeakReferences.collect()
        runs.increment()
      }
    }
    box.value = nil
    settle()
    #expect(runs.value == 2)
    withExtendedLifetime(reference) {}
  }

  @Test(
    "R31 an object with fifty references can die when there is no memory left",
    .disabled(if: isSanitized, "a sanitizer ends the process where malloc would return null")
  )
  func r31() async {
    await #expect(processExitsWith: .success) {
      // The first death of all may let the runtime make metadata, which stays.
      for isFirst in [true, false] {
        let runs = Counter()
        let box = Box(Item())
        let references = (0..<50).compactMap { _ in
          box.value.map { WeakRef($0) { _ in runs.increment() } }
        }
        let (set, array) = (WeakSet<Item>(), WeakArray<Item>())
        let (values, keys) = (WeakValueDictionary<Int, Item>(), WeakKeyDictionary<Item, [Int]>())
        let both = WeakKeyValueDictionary<Counter, Item>()
        let queue = DeathQueue<Int>()
        let registry = DeathRegistry<Int> { _ in runs.increment() }
        if let item = box.value {
          set.insert(item)
          array.append(item)
          values[1] = item
          keys[item] = [1]
          both[runs] = item
          queue.watch(item, as: 1)
          registry.register(item, holding: 1)
          Finalizer(for: item) { runs.increment() }
        }
        if !isFirst { exhaustMemory() }
        box.value = nil
        if WeakReferences.isLazy { settle() }
        let isForgotten =
          set.count == 0 && array.count == 0 && values.count == 0 && keys.count == 0
          && both.count == 0
        let isTold = runs.value == 52 && queue.count == 1
        // A return would need memory.
        if !isForgotten || !isTold || !isFirst { _exit(isForgotten && isTold ? 0 : 1) }
        withExtendedLifetime(references) {}
      }
    }
  }

  @Test("R33 a reference that a deinit makes to self is dead and never calls back")
  func r33() {
    final class Selfish {
      let made: Box<WeakRef<Selfish>>
      let deaths: Counter
      init(_ made: Box<WeakRef<Selfish>>, _ deaths: Counter) {
        self.made = made
        self.deaths = deaths
      }
      deinit {
        let deaths = deaths
        made.value = WeakRef(self) { _ in deaths.increment() }
      }
    }
    let (made, deaths) = (Box<WeakRef<Selfish>>(), Counter())
    // With and without another reference, through which the class is known already.
    for isKnown in [false, true] {
      var selfish: Selfish? = Selfish(made, deaths)
      let other = isKnown ? selfish.map { WeakRef($0) } : nil
      selfish = nil
      settle()
      #expect(made.value != nil)
      #expect(made.value?.object == nil)
      #expect(made.value?.hasCallback == false)
      #expect(deaths.value == 0)
      withExtendedLifetime(other) {}
    }
  }

  @Test("R35 a class itself can't be referred to: it never dies")
  func r35() throws {
    try expectRefused(
      "_ = WeakRef(Item.self)",
      because: "requires that 'Item.Type' be a class type",
      butNot: "_ = WeakRef(Item())"
    )
  }

  @Test("R37 callbacks can't throw, and one that reports an error doesn't stop the others")
  func r37() throws {
    try expectRefused(
      "_ = WeakRef(item) { _ in throw ReferenceError.objectDied }",
      because: "invalid conversion from throwing function",
      butNot: "_ = WeakRef(item) { _ in print(ReferenceError.objectDied) }"
    )
    let reports = Log<String>()
    let box = Box(Item())
    let references = ["a", "b", "c"].compactMap { name in
      box.value.map { item in
        WeakRef(item) { _ in
          do { throw ReferenceError.objectDied } catch { reports.append("\(name): \(error)") }
        }
      }
    }
    box.value = nil
    settle()
    #expect(
      reports.all == ["c", "b", "a"].map { "\($0): The weakly referenced object was deallocated." }
    )
    withExtendedLifetime(references) {}
  }

  @Test("R38 the callbacks of one object run newest first")
  func r38() {
    let order = Log<Int>()
    let box = Box(Item())
    let references = (0..<5).compactMap { number in
      box.value.map { WeakRef($0) { _ in order.append(number) } }
    }
    box.value = nil
    settle()
    #expect(order.all == [4, 3, 2, 1, 0])
    #expect(references.count == 5)
  }

  @Test("R39 a reference that is released first never calls back")
  func r39() {
    let deaths = Counter()
    let box = Box(Item())
    _ = box.value.map { WeakRef($0) { _ in deaths.increment() } }
    box.value = nil
    settle()
    #expect(deaths.value == 0)
  }

  @Test("R40 only instances of classes can be referred to")
  func r40() async {
    // `WeakRef<Int>` doesn't compile. What gets past the compiler is refused with the reason.
    let result = await #expect(
      processExitsWith: .signal(SIGABRT),
      observing: [\.standardErrorContent]
    ) {
      let count = Int.random(in: 0..<9)
      let closure = FinalAction { count }
      guard let context = closure.context else { return }
      _ = WeakRef(Unmanaged<AnyObject>.fromOpaque(context).takeUnretainedValue())
      withExtendedLifetime(closure) {}
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("has no class metadata (it is a closure context, a box or a task)"))
  }
}
