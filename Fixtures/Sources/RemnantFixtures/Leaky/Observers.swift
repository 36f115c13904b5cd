/// Observers that a bus keeps as closures; each listener keeps the bus.
enum ObserverList {
  struct Event {
    let name: String
    let value: Int
  }

  final class Bus {
    var handlers: [(Event) -> Void] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Listener {
    let bus: Bus
    var total = 0

    init(bus: Bus) {
      self.bus = bus
      Census.born(self)
    }

    deinit { Census.died(self) }

    func listen() {
      bus.handlers.append { event in self.total += event.value }
    }
  }

  @inline(never)
  static func run() {
    let bus = Bus()
    for _ in 1...3 { Listener(bus: bus).listen() }
    for handler in bus.handlers { handler(Event(name: "added", value: 2)) }
  }
}

/// Handlers in a dictionary of closures that return a value.
enum HandlerTable {
  final class Router {
    var routes: [String: (String) -> Int] = [:]
    var hits = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func install() {
      routes["/"] = { _ in 200 }
      routes["/count"] = { path in
        self.hits += path.count
        return 200
      }
    }
  }

  @inline(never)
  static func run() {
    let router = Router()
    router.install()
    use(router.routes["/count"]?("/count") ?? 404)
  }
}

protocol StrongDelegateDelegate: AnyObject {
  func didFinish(bytes: Int)
}

/// The classic: a delegate property that lacks `weak`.
enum StrongDelegate {
  final class Transfer {
    var delegate: (any StrongDelegateDelegate)?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func start() { delegate?.didFinish(bytes: 1_024) }
  }

  final class Screen: StrongDelegateDelegate {
    let transfer = Transfer()
    var received = 0

    init() {
      transfer.delegate = self
      Census.born(self)
    }

    deinit { Census.died(self) }

    func didFinish(bytes: Int) { received += bytes }
  }

  @inline(never)
  static func run() {
    for _ in 1...6 { Screen().transfer.start() }
  }
}

/// A subscription whose cancellation closure captures its own owner.
enum Subscriptions {
  final class Subscription<Output> {
    let cancel: (Output?) -> Void

    init(cancel: @escaping (Output?) -> Void) {
      self.cancel = cancel
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class ViewModel {
    var subscriptions: [Subscription<Double>] = []
    var last: Double?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func bind() {
      subscriptions.append(Subscription { last in self.last = last })
    }
  }

  @inline(never)
  static func run() {
    let model = ViewModel()
    model.bind()
    model.bind()
    use(model.subscriptions.count)
  }
}
