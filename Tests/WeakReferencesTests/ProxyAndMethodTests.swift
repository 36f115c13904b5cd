import Foundation
import Testing

@testable import WeakReferences

final class Account: @unchecked Sendable {
  var balance = 0
  var history: [Int] = []
  func deposit(_ amount: Int) -> Int {
    balance += amount
    history.append(amount)
    return balance
  }
}

/// CPython's tests of proxies.
@Suite struct ProxyTests {
  @Test("P1 using a proxy of a dead object is an error")
  func p1() async {
    let proxy = WeakProxy(Account())
    #expect(throws: ReferenceError.objectDied) { try proxy.object }
    #expect(throws: ReferenceError.objectDied) { try proxy.withObject { $0.balance } }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      print(WeakProxy(Account()).balance)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("a WeakProxy<Account> was used after its object was deallocated"))
  }

  @Test("P2 two proxies, two callbacks")
  func p2() {
    let deaths = Counter()
    let box = Box(Account())
    let proxies = (0..<2).compactMap { _ in
      box.value.map { WeakProxy($0) { _ in deaths.increment() } }
    }
    box.value = nil
    settle()
    #expect(deaths.value == 2)
    #expect(proxies.allSatisfy { !$0.isAlive })
  }

  @Test("P3 a proxy says whether its object lives")
  func p3() {
    let account = Account()
    #expect(WeakProxy(account).isAlive)
    #expect(!WeakProxy(Account()).isAlive)
    withExtendedLifetime(account) {}
  }

  @Test("P4 living and dead proxies have descriptions")
  func p4() {
    let account = Account()
    #expect("\(WeakProxy(account))".contains("-> WeakReferencesTests.Account at 0x"))
    #expect("\(WeakProxy(Account()))".hasSuffix(", dead))"))
    withExtendedLifetime(account) {}
  }

  @Test("P5 proxies of one object are equal")
  func p5() {
    let account = Account()
    #expect(WeakProxy(account) == WeakProxy(account))
    #expect(WeakProxy(account) != WeakProxy(Account()))
    withExtendedLifetime(account) {}
  }

  @Test("P6 a proxy sees later changes of the object")
  func p6() {
    let account = Account()
    let proxy = WeakProxy(account)
    #expect(proxy.balance == 0)
    account.balance = 3
    #expect(proxy.balance == 3)
    withExtendedLifetime(account) {}
  }

  @Test("P7 writing through a proxy reaches the object")
  func p7() {
    let account = Account()
    let proxy = WeakProxy(account)
    proxy.balance = 5
    proxy.history.append(5)
    #expect(account.balance == 5)
    #expect(account.history == [5])
    withExtendedLifetime(account) {}
  }

  @Test("P9 methods go through withObject")
  func p9() throws {
    let account = Account()
    let proxy = WeakProxy(account)
    #expect(try proxy.withObject { $0.deposit(12) } == 12)
    #expect(proxy.history.count == 1)
    #expect(proxy.history[0] == 12)
    #expect(proxy.history.contains(12))
    withExtendedLifetime(account) {}
  }

  @Test("P10 proxies of equal objects aren't equal")
  func p10() {
    let (one, other) = (Item(1), Item(1))
    #expect(WeakProxy(one) != WeakProxy(other))
    withExtendedLifetime((one, other)) {}
  }

  @Test("P15 the object lives until a call through the proxy returns")
  func p15() throws {
    let events = Log<String>()
    let box = Box(Account())
    let proxy = box.value.map { WeakProxy($0) { _ in events.append("dead") } }
    let balance = try proxy?.withObject { account in
      box.value = nil
      events.append("released")
      return account.deposit(1)
    }
    settle()
    #expect(balance == 1)
    #expect(events.all == ["released", "dead"])
  }

  @Test("P17 proxies have no hash")
  func p17() {
    let proxy: Any = WeakProxy(Account())
    #expect(!(proxy is any Hashable))
  }
}

/// CPython's tests of `WeakMethod`.
@Suite struct MethodTests {
  class Shape: @unchecked Sendable {
    func corners() -> Int { 4 }
    func scaled(by factor: Int) -> Int { corners() * factor }
  }
  final class Triangle: Shape, @unchecked Sendable {
    override func corners() -> Int { 3 }
  }

  @Test("M1 a weak method gives the bound method of the living object")
  func m1() {
    let shape = Shape()
    let method = WeakMethod(shape, Shape.corners)
    #expect(method()?() == 4)
    #expect(method.reference.object === shape)
    #expect(WeakMethod(shape, Shape.scaled)()?(2) == 8)
    withExtendedLifetime(shape) {}
  }

  @Test("M2 it gives nil once the object is dead")
  func m2() {
    let method = WeakMethod(Shape(), Shape.corners)
    #expect(method() == nil)
    #expect(!method.isAlive)
  }

  @Test("M4 its callback runs once, with the weak method")
  func m4() {
    let seen = Log<Bool>()
    let box = Box(Shape())
    let method = box.value.map {
      WeakMethod($0, Shape.corners, name: "corners") { seen.append($0() == nil) }
    }
    box.value = nil
    settle()
    #expect(seen.all == [true])
    withExtendedLifetime(method) {}
  }

  @Test("M6 a weak method is no cycle: its reference goes with it")
  func m6() {
    let shape = Shape()
    do {
      let method = WeakMethod(shape, Shape.corners) { _ in }
      #expect(weakReferenceCount(of: shape) == 1)
      withExtendedLifetime(method) {}
    }
    #expect(weakReferenceCount(of: shape) == 0)
    withExtendedLifetime(shape) {}
  }

  @Test("M7 weak methods are equal when object and name are")
  func m7() {
    let (one, other) = (Shape(), Shape())
    let corners = WeakMethod(one, Shape.corners, name: "corners")
    #expect(corners == WeakMethod(one, Shape.corners, name: "corners"))
    #expect(corners != WeakMethod(other, Shape.corners, name: "corners"))
    #expect(corners != WeakMethod(one, Shape.corners, name: "edges"))
    let nameless = WeakMethod(one, Shape.corners)
    #expect(nameless != WeakMethod(one, Shape.corners))
    let copy = nameless
    #expect(nameless == copy)
    withExtendedLifetime((one, other)) {}
  }

  @Test("M8 dead weak methods stay as equal as they were")
  func m8() {
    let box = Box(Shape())
    let methods = (0..<2).compactMap { _ in
      box.value.map { WeakMethod($0, Shape.corners, name: "corners") }
    }
    box.value = nil
    #expect(methods[0] == methods[1])
    #expect(methods[0] != WeakMethod(Shape(), Shape.corners, name: "corners"))
  }

  @Test("M10 equal weak methods have equal hashes, also after death")
  func m10() {
    let box = Box(Shape())
    let methods = (0..<2).compactMap { _ in
      box.value.map { WeakMethod($0, Shape.corners, name: "corners") }
    }
    let hash = methods[0].hashValue
    #expect(methods[1].hashValue == hash)
    box.value = nil
    #expect(methods[0].hashValue == hash)
  }

  @Test("M11 the types take nothing but a method of the object's type")
  func m11() throws {
    try expectRefused(
      "_ = WeakMethod(Shape(), Account.close)",
      because: "cannot convert value of type 'Shape' to expected argument type 'Account'",
      butNot: "_ = WeakMethod(Shape(), Shape.corners)"
    )
    // What is bound already holds its object.
    try expectRefused(
      "_ = WeakMethod(item, Shape().corners)",
      because: "cannot convert value of type '() -> Int'",
      butNot: "_ = WeakMethod(Shape(), Shape.corners)"
    )
  }

  @Test("M12 an override is called")
  func m12() {
    let triangle = Triangle()
    #expect(WeakMethod(triangle, Shape.corners)()?() == 3)
    #expect(WeakMethod<Shape, () -> Int>(triangle, Shape.corners)()?() == 3)
    withExtendedLifetime(triangle) {}
  }
}

/// CPython's tests of `getweakrefcount` and `getweakrefs`.
@Suite struct ReferenceListTests {
  @Test("W1 references and proxies count, with and without callback")
  func w1() {
    let item = Item()
    let references = (WeakRef(item), WeakRef(item) { _ in })
    #expect(weakReferenceCount(of: item) == 2)
    let proxies = (WeakProxy(item), WeakProxy(item) { _ in })
    #expect(weakReferenceCount(of: item) == 4)
    withExtendedLifetime((references, proxies)) {}
    withExtendedLifetime(item) {}
  }

  @Test("W2 the count goes back when they are released")
  func w2() {
    let item = Item()
    var references: [WeakRef<Item>] = (0..<10).map { _ in WeakRef(item) }
    #expect(weakReferenceCount(of: item) == 10)
    references.removeLast(4)
    #expect(weakReferenceCount(of: item) == 6)
    references = []
    #expect(weakReferenceCount(of: item) == 0)
    withExtendedLifetime(item) {}
  }

  @Test("W3 an object without references has none")
  func w3() {
    #expect(weakReferenceCount(of: Item()) == 0)
    #expect(weakReferences(to: Item()).isEmpty)
  }

  @Test("W4 the list has the living references")
  func w4() {
    let item = Item()
    var references: [AnyWeakRef] = [WeakRef(item), WeakRef(item) { _ in }]
    #expect(
      Set(weakReferences(to: item).map(ObjectIdentifier.init))
        == Set(references.map(ObjectIdentifier.init))
    )
    references.removeFirst()
    #expect(
      weakReferences(to: item).map(ObjectIdentifier.init)
        == references.map(ObjectIdentifier.init)
    )
    withExtendedLifetime((item, references)) {}
  }

  @Test("W5 the list is newest first")
  func w5() {
    let item = Item()
    let references = (0..<4).map { _ in WeakRef(item) }
    #expect(
      weakReferences(to: item).map(ObjectIdentifier.init)
        == references.reversed().map(ObjectIdentifier.init)
    )
    withExtendedLifetime((item, references)) {}
  }

  @Test("W6 containers and weak variables don't count")
  func w6() {
    let item = Item()
    let set = WeakSet([item])
    weak let variable = item
    Finalizer(for: item, runsAtExit: false) {}
    #expect(weakReferenceCount(of: item) == 0)
    withExtendedLifetime((set, variable)) {}
    withExtendedLifetime(item) {}
  }

  @Test("W7 list and count agree with what stays, while others come and go")
  func w7() async {
    let item = Item()
    let fixed = (0..<20).map { _ in WeakRef(item) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for _ in 0..<2_000 { _ = WeakRef(item) } }
      group.addTask {
        for _ in 0..<300 {
          let listed = Set(weakReferences(to: item).map(ObjectIdentifier.init))
          precondition(fixed.allSatisfy { listed.contains(ObjectIdentifier($0)) })
          precondition(weakReferenceCount(of: item) >= fixed.count)
        }
      }
    }
    #expect(weakReferences(to: item).count == 20)
    withExtendedLifetime((item, fixed)) {}
  }
}

/// CPython's tests of subclasses of `ref`: here, types that have a reference.
@Suite struct CompositionTests {
  final class KeyedReference: @unchecked Sendable {
    let key: String
    let reference: WeakRef<Item>
    var owned: Item?
    var partner: KeyedReference?
    init(_ key: String, _ item: Item, callback: WeakRef<Item>.Callback? = nil) {
      self.key = key
      reference = WeakRef(item, callback: callback)
    }
    func callAsFunction() -> (String, Item)? { reference.object.map { (key, $0) } }
  }

  @Test("S1 a type of one's own adds to a reference")
  func s1() {
    let item = Item()
    let keyed = KeyedReference("a", item)
    #expect(keyed()?.0 == "a")
    #expect(keyed()?.1 === item)
    withExtendedLifetime(item) {}
  }

  @Test("S2 each of them counts")
  func s2() {
    let item = Item()
    let plain = WeakRef(item)
    let keyed = [KeyedReference("a", item), KeyedReference("b", item)]
    #expect(weakReferenceCount(of: item) == 3)
    #expect(plain == keyed[0].reference)
    withExtendedLifetime(keyed) {}
    withExtendedLifetime((item, plain)) {}
  }

  @Test("S3 references with different callbacks are different, and both listed")
  func s3() {
    let calls = Log<String>()
    let box = Box(Item())
    let keyed = ["a", "b"].compactMap { name in
      box.value.map { KeyedReference(name, $0) { _ in calls.append(name) } }
    }
    #expect(box.value.map { weakReferences(to: $0).count } == 2)
    #expect(keyed[0].reference !== keyed[1].reference)
    box.value = nil
    settle()
    #expect(calls.all == ["b", "a"])
    withExtendedLifetime(keyed) {}
  }

  @Test("S5 a reference whose callback is the object's only owner: released, it doesn't call back")
  func s5() {
    let calls = Counter()
    let box = Box(Item())
    let observer = box.value.map { WeakRef($0) }
    var reference: WeakRef<Item>? = box.value.map { item in
      WeakRef(item) { [item] _ in withExtendedLifetime(item) { calls.increment() } }
    }
    box.value = nil
    #expect(observer?.isAlive == true)
    #expect(reference?.hasCallback == true)
    reference = nil
    settle()
    #expect(observer?.isAlive == false)
    #expect(calls.value == 0)
  }

  @Test("S6 two references that own each other and the object")
  func s6() {
    let calls = Counter()
    var first: KeyedReference?
    let observer: WeakRef<Item>
    do {
      let item = Item()
      observer = WeakRef(item)
      first = KeyedReference("a", item) { _ in calls.increment() }
      let second = KeyedReference("b", item) { _ in calls.increment() }
      first?.owned = item
      second.owned = item
      first?.partner = second
    }
    #expect(observer.isAlive)
    first = nil
    settle()
    #expect(!observer.isAlive)
    // Each reference goes before what its owner holds besides.
    #expect(calls.value == 0)
  }
}
