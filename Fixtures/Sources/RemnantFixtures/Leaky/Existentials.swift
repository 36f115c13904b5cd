protocol ExistentialStrategy {
  func choose() -> Int
}

/// A small struct inside an `any P`: stored in place.
enum ExistentialInline {
  struct Fast: ExistentialStrategy {
    let engine: Engine
    func choose() -> Int { 1 }
  }

  final class Engine {
    var strategy: (any ExistentialStrategy)?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let engine = Engine()
      engine.strategy = Fast(engine: engine)
      use(engine.strategy?.choose() ?? 0)
    }
  }
}

/// A struct too big for the buffer of an `any P`: stored in a box.
enum ExistentialBoxed {
  struct Thorough: ExistentialStrategy {
    let first = 1
    let second = 2
    let label = "thorough"
    let planner: Planner
    func choose() -> Int { first + second }
  }

  final class Planner {
    var plan: any ExistentialStrategy

    init(plan: any ExistentialStrategy) {
      self.plan = plan
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let planner = Planner(plan: ExistentialInline.Fast(engine: ExistentialInline.Engine()))
      planner.plan = Thorough(planner: planner)
      use(planner.plan.choose())
    }
  }
}

protocol ExistentialNamed: AnyObject {
  var name: String { get }
}

protocol ExistentialSized: AnyObject {
  var size: Int { get }
}

/// A class behind a composition of class-bound protocols: two witness tables behind the reference.
enum ExistentialClass {
  final class Part: ExistentialNamed, ExistentialSized {
    let name = "part"
    let size = 3
    var whole: (any ExistentialNamed & ExistentialSized)?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let left = Part()
    let right = Part()
    left.whole = right
    right.whole = left
    use(left.whole?.size ?? 0)
  }
}

/// An error that carries the object that stores it.
enum ErrorExistential {
  struct RequestFailure: Error, @unchecked Sendable {
    let code: Int
    let request: Request
  }

  final class Request {
    var lastError: (any Error)?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    @inline(never)
    func send() throws {
      throw RequestFailure(code: 503, request: self)
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...4 {
      let request = Request()
      do { try request.send() } catch { request.lastError = error }
    }
  }
}

/// `Any`, holding a class in one place, a struct in another, and nothing of interest in a third.
enum AnyValue {
  struct Attachment {
    let message: Message
  }

  final class Message {
    var userInfo: [String: Any] = [:]
    var sender: Any?
    var subject: Any = "hello"

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let first = Message()
    first.userInfo["attachment"] = Attachment(message: first)
    first.userInfo["size"] = 12
    let second = Message()
    let third = Message()
    second.sender = third
    third.sender = second
  }
}
