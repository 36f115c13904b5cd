/// The reference back is unowned.
enum UnownedBackReference: Scenario {
  static var name: String { "unowned-back-reference" }

  final class Customer {
    var card: Card?
    init() { Census.born(Customer.self) }
    deinit { Census.died(Customer.self) }
  }

  final class Card {
    unowned let customer: Customer

    init(customer: Customer) {
      self.customer = customer
      Census.born(Card.self)
    }

    deinit { Census.died(Card.self) }
  }

  /// One stays alive, so that an unowned word of a live object names a live object at the exit.
  nonisolated(unsafe) static var kept: Customer?

  @inline(never)
  static func run() {
    for _ in 0..<opaque(5) {
      let customer = Customer()
      customer.card = Card(customer: customer)
      publish(customer)
      kept = customer
    }
  }
}

/// The closure captures the object that stores it weakly.
enum WeakSelfClosure: Scenario {
  static var name: String { "weak-self-closure" }

  final class Button {
    var onTap: (() -> Void)?
    var taps = 0
    init() { Census.born(Button.self) }
    deinit { Census.died(Button.self) }

    func arm() {
      onTap = { [weak self] in self?.taps += 1 }
    }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(5) {
      let button = Button()
      button.arm()
      button.onTap?()
      publish(button)
    }
  }
}

/// A cycle that is broken by hand before the program ends.
enum CycleBrokenByHand: Scenario {
  static var name: String { "cycle-broken-by-hand" }

  final class Node {
    var next: Node?
    init() { Census.born(Node.self) }
    deinit { Census.died(Node.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(5) {
      let first = Node()
      let second = Node()
      first.next = second
      second.next = first
      publish(first)
      first.next = nil
    }
  }
}

/// A cycle that a global holds: reachable to the end, no leak.
enum CycleHeldByGlobal: Scenario {
  static var name: String { "cycle-held-by-global" }

  final class Parent {
    var child: Child?
    init() { Census.born(Parent.self) }
    deinit { Census.died(Parent.self) }
  }

  final class Child {
    var parent: Parent?
    var onChange: (() -> Void)?
    init() { Census.born(Child.self) }
    deinit { Census.died(Child.self) }
  }

  nonisolated(unsafe) static var root: Parent?

  @inline(never)
  static func run() {
    let parent = Parent()
    let child = Child()
    parent.child = child
    child.parent = parent
    child.onChange = { child.parent = parent }
    root = parent
    publish(parent)
  }
}
