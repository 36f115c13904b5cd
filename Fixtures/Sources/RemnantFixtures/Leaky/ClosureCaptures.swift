/// A capture list that names two other objects: the closure has a context of its own.
enum CaptureList: Scenario {
  static var name: String { "capture-list" }

  final class Form {
    var validate: (() -> Int)?
    init() { Census.born(Form.self) }
    deinit { Census.died(Form.self) }
  }

  final class Field {
    var length = 3
    init() { Census.born(Field.self) }
    deinit { Census.died(Field.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(4) {
      let form = Form()
      let field = Field()
      form.validate = { [form, field] in form.validate == nil ? 0 : field.length }
      publish(form)
      publish(field)
    }
  }
}

/// The inner closure captures weakly what the outer one, to offer it, captures strongly.
enum NestedClosures: Scenario {
  static var name: String { "nested-closures" }

  final class Loader {
    var start: (() -> (() -> Void))?
    var loads = 0
    init() { Census.born(Loader.self) }
    deinit { Census.died(Loader.self) }

    func arm(step: Int) {
      start = {
        // Written with a weak capture, and nevertheless a leak: `self` is captured out here as well.
        self.loads += step
        return { [weak self] in self?.loads += step }
      }
    }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(2) {
      let loader = Loader()
      loader.arm(step: opaque(5))
      loader.start?()()
      publish(loader)
    }
  }
}

/// A captured `var` lives in a box, which holds the object that holds the closure.
enum CapturedVariable: Scenario {
  static var name: String { "captured-variable" }

  final class Counter {
    var report: (() -> Int)?
    init() { Census.born(Counter.self) }
    deinit { Census.died(Counter.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      var latest: Counter?
      let counter = Counter()
      counter.report = { latest == nil ? 0 : 1 }
      latest = counter
      publish(counter)
    }
  }
}

/// A lazy property whose closure captures the object that it belongs to.
enum LazyClosure: Scenario {
  static var name: String { "lazy-closure" }

  final class Element {
    let title: Int
    lazy var markup: () -> Int = { self.title * 2 }

    init(title: Int) {
      self.title = title
      Census.born(Element.self)
    }

    deinit { Census.died(Element.self) }
  }

  @inline(never)
  static func run() {
    for number in 0..<opaque(5) {
      let element = Element(title: number)
      _ = element.markup()
      publish(element)
    }
  }
}

/// A list of observers, each a closure that captures the subject and its own screen.
enum ObserverList: Scenario {
  static var name: String { "observer-list" }

  final class Subject {
    var observers: [(Int) -> Void] = []
    init() { Census.born(Subject.self) }
    deinit { Census.died(Subject.self) }

    func send(_ value: Int) {
      for observer in observers { observer(value) }
    }
  }

  final class Screen {
    var shown = 0
    init() { Census.born(Screen.self) }
    deinit { Census.died(Screen.self) }

    func watch(_ subject: Subject) {
      subject.observers.append { value in self.shown = value + subject.observers.count }
    }
  }

  @inline(never)
  static func run() {
    let subject = Subject()
    for _ in 0..<opaque(3) { Screen().watch(subject) }
    subject.send(7)
    publish(subject)
  }
}
