/// Singletons: one that is made at run time, and one that the optimizer may put into the image.
enum Singleton: Scenario {
  static var name: String { "singleton" }

  final class Settings {
    static let shared = Settings()

    var values: [Int] = []
    var owner: Plain?
    init() { Census.born(Settings.self) }
    deinit { Census.died(Settings.self) }
  }

  /// Without a census call, so that its only instance can be a static object.
  final class Plain {
    static let shared = Plain()

    var number = 1
  }

  @inline(never)
  static func run() {
    Settings.shared.values.append(opaque(3))
    Settings.shared.owner = Plain.shared
    Plain.shared.number += 1
    publish(Settings.shared)
  }
}

/// Caches in globals: an array, a dictionary and a set of objects.
enum GlobalCaches: Scenario {
  static var name: String { "global-caches" }

  final class Entry: Hashable {
    let number: Int

    init(_ number: Int) {
      self.number = number
      Census.born(Entry.self)
    }

    deinit { Census.died(Entry.self) }

    static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    func hash(into hasher: inout Hasher) { hasher.combine(number) }
  }

  nonisolated(unsafe) static var list: [Entry] = []
  nonisolated(unsafe) static var table: [String: Entry] = [:]
  nonisolated(unsafe) static var names: [Entry: String] = [:]
  nonisolated(unsafe) static var unique: Set<Entry> = []

  @inline(never)
  static func run() {
    for number in 0..<opaque(50) {
      list.append(Entry(number))
      table["entry number \(number), with a long name"] = Entry(number)
      names[Entry(number)] = "the name of entry number \(number)"
      unique.insert(Entry(number))
    }
    publish(list[0])
  }
}

/// Objects in globals of an enum with three class payloads: only tagged pointers name them.
///
/// LeakSanitizer and Valgrind report them as leaked.
enum TaggedGlobals: Scenario {
  static var name: String { "tagged-globals" }

  final class Node {
    var value: Int

    init(value: Int) {
      self.value = value
      Census.born(Node.self)
    }

    deinit { Census.died(Node.self) }
  }

  enum Slot {
    case a(Node)
    case b(Node)
    case c(Node)
    case empty
  }

  nonisolated(unsafe) static var first = Slot.empty
  nonisolated(unsafe) static var second = Slot.empty
  nonisolated(unsafe) static var third = Slot.empty

  @inline(never)
  static func run() {
    first = .a(make(1))
    second = .b(make(2))
    third = .c(make(3))
  }

  @inline(never)
  static func make(_ value: Int) -> Node {
    let node = Node(value: opaque(value))
    publish(node)
    return node
  }
}

/// An array of objects in a global enum: only a tagged pointer names the array's storage.
///
/// LeakSanitizer and Valgrind report it as leaked.
enum TaggedArray: Scenario {
  static var name: String { "tagged-array" }

  final class Node {
    var next: Node?
    init() { Census.born(Node.self) }
    deinit { Census.died(Node.self) }
  }

  enum Content {
    case single(Node)
    case many([Node])
    case text(Box)
  }

  final class Box {
    var content: Content?
    init() { Census.born(Box.self) }
    deinit { Census.died(Box.self) }
  }

  nonisolated(unsafe) static var content: Content?
  nonisolated(unsafe) static var other: Content?

  @inline(never)
  static func run() {
    var nodes: [Node] = []
    for _ in 0..<opaque(4) { nodes.append(Node()) }
    content = .many(nodes)
    let box = Box()
    box.content = .many([Node(), Node()])
    other = .text(box)
    publish(box)
  }
}

/// Objects that only weak references still name: gone, with their side tables.
enum WeakSideTables: Scenario {
  static var name: String { "weak-side-tables" }

  final class Target {
    var number = 1
    init() { Census.born(Target.self) }
    deinit { Census.died(Target.self) }
  }

  final class Watcher {
    weak var target: Target?
    init() { Census.born(Watcher.self) }
    deinit { Census.died(Watcher.self) }
  }

  nonisolated(unsafe) static var watchers: [Watcher] = []
  nonisolated(unsafe) static var alive: [Target] = []

  @inline(never)
  static func run() {
    for number in 0..<opaque(20) {
      let target = Target()
      let watcher = Watcher()
      watcher.target = target
      watchers.append(watcher)
      if number.isMultiple(of: 4) { alive.append(target) }
      publish(target)
    }
  }
}
