/// A tree whose children know their parents weakly: one is freed, one is held.
enum WeakBack {
  final class TreeNode {
    var children: [TreeNode] = []
    weak var parent: TreeNode?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func grow(depth: Int) {
      guard depth > 0 else { return }
      for _ in 1...3 {
        let child = TreeNode()
        child.parent = self
        children.append(child)
        child.grow(depth: depth - 1)
      }
    }
  }

  nonisolated(unsafe) static var root: TreeNode?

  @inline(never)
  static func run() {
    let dying = TreeNode()
    withExtendedLifetime(dying) { dying.grow(depth: 4) }
    let tree = TreeNode()
    tree.grow(depth: 2)
    root = tree
    use(root?.children.count ?? 0)
  }
}

/// A card that knows its customer without owning him.
enum UnownedBack {
  final class Customer {
    var card: Card?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Card {
    unowned let customer: Customer
    unowned(unsafe) let issuer: Customer

    init(customer: Customer) {
      self.customer = customer
      issuer = customer
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var regular: Customer?

  @inline(never)
  static func run() {
    for number in 1...6 {
      let customer = Customer()
      customer.card = Card(customer: customer)
      if number == 6 { regular = customer }
    }
    use(regular?.card == nil ? 0 : 1)
  }
}

/// Cards that outlive their customers: dead objects whose memory unowned references keep.
enum DeadCustomers {
  final class Customer {
    let name: String

    init(name: String) {
      self.name = name
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Card {
    unowned let customer: Customer

    init(customer: Customer) {
      self.customer = customer
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var cards: [Card] = []

  @inline(never)
  static func run() {
    for number in 1...3 { cards.append(Card(customer: Customer(name: "customer \(number)"))) }
    use(cards.count)
  }
}

/// Stored closures that capture self weakly, unowned, and not at all.
enum WeakSelf {
  final class Ticker {
    var ticks = 0
    var weakly: (() -> Void)?
    var unownedly: (() -> Void)?
    var values: (() -> Int)?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func prepare() {
      weakly = { [weak self] in self?.ticks += 1 }
      unownedly = { [unowned self] in ticks += 1 }
      values = { [ticks] in ticks }
    }
  }

  nonisolated(unsafe) static var current: Ticker?

  @inline(never)
  static func run() {
    for _ in 1...5 {
      let ticker = Ticker()
      ticker.prepare()
      ticker.weakly?()
      ticker.unownedly?()
      current = ticker
    }
    use(current?.values?() ?? 0)
  }
}

/// Many weak references, to the living and to the dead: each has a side table.
enum WeakTables {
  final class Target {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  struct WeakEntry {
    weak var target: Target?
  }

  final class Observer {
    weak var target: Target?
    var tag = "observer"

    init(target: Target) {
      self.target = target
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var living: [Target] = []
  nonisolated(unsafe) static var entries: [Int: WeakEntry] = [:]
  nonisolated(unsafe) static var observers: [Observer] = []

  @inline(never)
  static func run() {
    for number in 0..<100 {
      let target = Target(number: number)
      entries[number] = WeakEntry(target: target)
      observers.append(Observer(target: target))
      if number.isMultiple(of: 2) { living.append(target) }
    }
    use(living.count + entries.count + observers.count)
  }
}

/// A cycle, made and then broken.
enum BrokenCycle {
  final class Downloader {
    var completion: (() -> Void)?
    var done = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func start() { completion = { self.done += 1 } }

    func stop() {
      completion?()
      completion = nil
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...5 {
      let downloader = Downloader()
      downloader.start()
      downloader.stop()
    }
  }
}

/// Objects whose `deinit` is over and whose memory unowned references keep: their old fields still
/// name what lives elsewhere.
enum PinnedMemory {
  final class Origin {
    var target: Destination?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Destination {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Link {
    unowned let origin: Origin

    init(origin: Origin) {
      self.origin = origin
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var links: [Link] = []
  nonisolated(unsafe) static var destination = Destination()

  @inline(never)
  static func run() {
    for _ in 1...4 {
      let origin = Origin()
      origin.target = destination
      links.append(Link(origin: origin))
    }
    use(links.count)
  }
}
