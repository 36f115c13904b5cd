/// Singletons that hold cycles and each other.
enum Singletons {
  final class Settings: @unchecked Sendable {
    static let shared = Settings()
    var observers: [() -> Void] = []
    let theme = Theme()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Theme {
    var settings: Settings?
    var name = "light"

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    // Both are cycles; the singleton is immortal on purpose.
    Settings.shared.theme.settings = Settings.shared
    Settings.shared.observers.append { Settings.shared.theme.name = "dark" }
    for observer in Settings.shared.observers { observer() }
    use(Settings.shared.theme.name.count)
  }
}

/// Caches in global collections, some of whose entries were removed.
enum GlobalCaches {
  final class Entry: Hashable {
    let key: Int

    init(key: Int) {
      self.key = key
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Entry, right: Entry) -> Bool { left.key == right.key }

    func hash(into hasher: inout Hasher) { hasher.combine(key) }
  }

  struct Record {
    var hits = 0
    let entry: Entry
    let name: String
  }

  nonisolated(unsafe) static var list: [Entry] = []
  nonisolated(unsafe) static var byKey: [Int: Entry] = [:]
  nonisolated(unsafe) static var members: Set<Entry> = []
  nonisolated(unsafe) static var records: [String: [Record]] = [:]
  nonisolated(unsafe) static var anything: [String: Any] = [:]
  nonisolated(unsafe) static var slice: ArraySlice<Entry> = []

  @inline(never)
  static func run() {
    for key in 0..<50 {
      list.append(Entry(key: key))
      byKey[key] = Entry(key: key)
      members.insert(Entry(key: key))
      records["group \(key % 5)", default: []].append(Record(entry: Entry(key: key), name: "r"))
      anything["entry \(key)"] = key % 2 == 0 ? Entry(key: key) : Record(entry: list[0], name: "x")
    }
    for key in 0..<25 {
      byKey[key] = nil
      members.remove(Entry(key: key))
    }
    slice = list[10..<20]
    list.removeFirst(5)
    use(list.count + byKey.count + members.count + records.count + anything.count + slice.count)
  }
}

/// LeakSanitizer and Valgrind call these leaked: the tag of the enum hides the pointers.
enum TaggedSlots {
  enum Slot {
    case a(Node)
    case b(Node)
    case c(Node)
  }

  final class Node {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var first: Slot?
  nonisolated(unsafe) static var second: Slot?
  nonisolated(unsafe) static var third: Slot?

  static func number(_ slot: Slot?) -> Int {
    switch slot {
    case .a(let node), .b(let node), .c(let node): node.number
    case nil: 0
    }
  }

  @inline(never)
  static func run() {
    first = .a(Node(number: 1))
    second = .b(Node(number: 2))
    third = .c(Node(number: 3))
    use(number(first) + number(second) + number(third))
  }
}

/// The same with arrays as payloads.
enum TaggedArrays {
  enum Batch {
    case pending([Node])
    case running([Node])
    case done([Node], name: String)
  }

  final class Node {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var batches: [Batch] = []
  nonisolated(unsafe) static var current: Batch?

  @inline(never)
  static func run() {
    batches = [.pending([Node(), Node()]), .running([Node()]), .done([Node()], name: "last")]
    current = .running([Node(), Node()])
    if case .running(let nodes) = current { use(nodes.count + batches.count) }
  }
}

protocol GlobalValuesShape {
  var corners: Int { get }
}

/// Existentials, indirect enums, generics, errors and structs in globals.
enum GlobalValues {
  indirect enum Expression {
    case leaf(Symbol)
    case negated(Expression)
    case sum(Expression, Expression)
  }

  struct Failure: Error, @unchecked Sendable {
    let symbol: Symbol
    let text: String
  }

  struct Polygon: GlobalValuesShape {
    let symbol: Symbol
    var corners = 5
    let name: String
    let area: Double
  }

  struct Wrapper<Content> {
    var content: Content
    var optional: Content??
  }

  final class Symbol: GlobalValuesShape {
    let corners = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var expression = Expression.leaf(Symbol())
  nonisolated(unsafe) static var error: (any Error)?
  nonisolated(unsafe) static var shapes: [any GlobalValuesShape] = []
  nonisolated(unsafe) static var object: AnyObject?
  nonisolated(unsafe) static var wrapper: Wrapper<(Int8, Symbol)>?
  nonisolated(unsafe) static var closure: (() -> Symbol)?

  static func count(_ expression: Expression) -> Int {
    switch expression {
    case .leaf: 1
    case .negated(let inner): count(inner)
    case .sum(let left, let right): count(left) + count(right)
    }
  }

  @inline(never)
  static func run() {
    expression = .sum(expression, .negated(.sum(.leaf(Symbol()), .leaf(Symbol()))))
    error = Failure(symbol: Symbol(), text: "an error text that does not fit in place")
    shapes = [Symbol(), Polygon(symbol: Symbol(), name: "pentagon", area: 2.5)]
    object = Symbol()
    wrapper = Wrapper(content: (1, Symbol()), optional: .some(.some((2, Symbol()))))
    let captured = Symbol()
    closure = { captured }
    var total = count(expression) + shapes.reduce(0) { $0 + $1.corners }
    total += (error as? Failure)?.text.count ?? 0
    total += (object as? Symbol)?.corners ?? 1
    total += Int(wrapper?.content.0 ?? 0)
    total += closure?().corners ?? 1
    use(total)
  }
}

/// A big healthy heap: a tree with weak parents and a closure in each node.
enum BigTree {
  final class Leaf {
    weak var parent: Leaf?
    var children: [Leaf] = []
    var describe: () -> Int = { 0 }

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func grow(depth: Int) {
      describe = { [weak self] in self?.children.count ?? 0 }
      guard depth > 0 else { return }
      for _ in 1...4 {
        let child = Leaf()
        child.parent = self
        children.append(child)
        child.grow(depth: depth - 1)
      }
    }
  }

  nonisolated(unsafe) static var root = Leaf()

  @inline(never)
  static func run() {
    root.grow(depth: 6)
    use(root.describe())
  }
}
