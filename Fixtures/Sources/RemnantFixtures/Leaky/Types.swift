import Synchronization

/// A generic class: each specialization has metadata of its own.
enum GenericClass: Scenario {
  static var name: String { "generic-class" }

  final class Box<Value> {
    var value: Value?
    init() { Census.born(Box<Value>.self) }
    deinit { Census.died(Box<Value>.self) }
  }

  final class Model {
    var box: Box<Model>?
    init() { Census.born(Model.self) }
    deinit { Census.died(Model.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let model = Model()
      let box = Box<Model>()
      model.box = box
      box.value = model
      publish(model)
    }
  }
}

/// The field that closes the cycle belongs to the superclass, the other to the subclass.
enum InheritedField: Scenario {
  static var name: String { "inherited-field" }

  class Widget {
    var parent: Widget?
    init() { Census.born(type(of: self)) }
    deinit { Census.died(type(of: self)) }
  }

  final class Panel: Widget {
    var label: Label?
  }

  final class Label: Widget {
    var text = 0
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let panel = Panel()
      let label = Label()
      panel.label = label
      label.parent = panel
      publish(panel)
    }
  }
}

/// An actor that holds an object that holds the actor.
///
/// Nothing runs on the actor: a thread that has may keep it for a moment longer.
enum ActorCycle: Scenario {
  static var name: String { "actor-cycle" }

  actor Account {
    let audit: Audit

    init() {
      audit = Audit()
      Census.born(Account.self)
      audit.account = self
    }

    deinit { Census.died(Account.self) }
  }

  final class Audit: @unchecked Sendable {
    var account: Account?
    init() { Census.born(Audit.self) }
    deinit { Census.died(Audit.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) { publish(Account()) }
  }
}

/// The references are fields of a struct in a struct and of a tuple.
enum NestedFields: Scenario {
  static var name: String { "nested-fields" }

  struct State {
    var number = 1
    var connection = Connection()

    struct Connection {
      var retries: Int8 = 3
      var owner: Client?
    }
  }

  final class Socket {
    var state = State()
    init() { Census.born(Socket.self) }
    deinit { Census.died(Socket.self) }
  }

  final class Client {
    var pair: (port: Int32, socket: Socket?) = (80, nil)
    init() { Census.born(Client.self) }
    deinit { Census.died(Client.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let client = Client()
      let socket = Socket()
      client.pair.socket = socket
      socket.state.connection.owner = client
      publish(client)
    }
  }
}

/// State behind a `Mutex`: reflection sees nothing inside it.
enum MutexState: Scenario {
  static var name: String { "mutex-state" }

  struct State {
    var hits = 0
    var store: Store?
  }

  final class Cache: @unchecked Sendable {
    let state = Mutex(State())
    init() { Census.born(Cache.self) }
    deinit { Census.died(Cache.self) }
  }

  final class Store: @unchecked Sendable {
    let cache: Cache

    init(cache: Cache) {
      self.cache = cache
      Census.born(Store.self)
    }

    deinit { Census.died(Store.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let cache = Cache()
      let store = Store(cache: cache)
      cache.state.withLock { $0.store = store }
      publish(cache)
    }
  }
}
