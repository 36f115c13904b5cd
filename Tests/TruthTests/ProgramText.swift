/// The parts of a generated program that are the same in all.
enum ProgramText {
  /// The types that properties are made of.
  static let values = """
    struct Hold: OptionSet {
      let rawValue: Int
      static let strong = Hold(rawValue: 1)
      static let weak = Hold(rawValue: 2)
      static let owner = Hold(rawValue: 4)
    }
    protocol Linkable: AnyObject {
      var id: Int { get }
      var type: Int { get }
      var slotCount: Int { get }
      func link(_ slot: Int, to other: any Linkable) -> Hold
      func unlink(_ slot: Int)
    }

    nonisolated(unsafe) let births = UnsafeMutablePointer<Int>.allocate(capacity: 100)
    nonisolated(unsafe) let deaths = UnsafeMutablePointer<Int>.allocate(capacity: 100)
    births.initialize(repeating: 0, count: 100)
    deaths.initialize(repeating: 0, count: 100)
    let text = CommandLine.arguments.count > 5 ? "" : "a text of more than fifteen bytes"
    final class Sentinel {}
    nonisolated(unsafe) let sentinel = Sentinel()

    @inline(never) func touch<Value>(_ value: Value) {
      withExtendedLifetime(value) {}
    }
    @inline(never) func capturing<Value>(_ value: Value) -> () -> Void { { touch(value) } }
    @inline(never) func changing<Value>(_ value: Value) -> () -> Void {
      var variable: Value? = value
      return {
        touch(variable)
        variable = nil
      }
    }

    struct Identity<Value>: Hashable {
      let value: Value
      static func == (first: Identity, second: Identity) -> Bool { true }
      func hash(into hasher: inout Hasher) {}
    }
    struct Holder<Value> {
      var flag = true
      var value: Value
    }
    struct Wide<Value> {
      var first = 1
      var text = "short"
      var byte: UInt8 = 1
      var value: Value
      var last: Value?
    }
    struct Weakened<Value> {
      weak var nothing: Sentinel? = sentinel
      var value: Value
      unowned(unsafe) var more: Sentinel = sentinel
    }
    enum Choice<Value> {
      case none
      case one(Value)
      case many([Value])
      case byte(UInt8)
      case another(Sentinel)
    }
    enum Either<First, Second> {
      case left(First)
      case right(Second)
    }
    indirect enum Tree<Value> {
      case leaf
      case node(Tree, Value, Tree)
    }
    struct Failure<Value>: Error {
      var value: Value
    }
    @propertyWrapper struct Wrapped<Value> {
      var wrappedValue: Value
    }
    """

  /// Making the graphs, and telling the truth about them.
  static let graphs = """
    struct SplitMix64 {
      var state: UInt64
      mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
      }
    }
    struct Link {
      var from: Int
      var slot: Int
      var to: Int
      var isStrong: Bool
    }

    var kept: [any Linkable] = []
    var types: [Int] = []
    var links: [Link] = []

    func add(_ from: any Linkable, _ to: any Linkable) {
      guard leaks || from.id < to.id else { return }
      let count = from.slotCount
      let start = generator.below(count)
      for attempt in 0..<count {
        let slot = (start + attempt) % count
        let hold = from.link(slot, to: to)
        guard !hold.isEmpty else { continue }
        links.append(Link(from: from.id, slot: slot, to: to.id, isStrong: hold.contains(.strong)))
        if hold.contains(.owner) {
          links.append(Link(from: from.id, slot: slot, to: from.id, isStrong: true))
        }
        return
      }
    }

    @inline(never) func makeGraph() {
      var objects: [any Linkable] = []
      for _ in 0..<(2 + generator.below(11)) {
        let type = generator.below(typeCount)
        objects.append(make(type, id: types.count))
        types.append(type)
      }
      func any() -> any Linkable {
        if !kept.isEmpty, generator.below(20) == 0 { return kept[generator.below(kept.count)] }
        return objects[generator.below(objects.count)]
      }
      for _ in 0..<(1 + generator.below(objects.count * 2)) {
        add(any(), any())
        if generator.below(10) == 0 {
          let object = any()
          let slot = generator.below(object.slotCount)
          object.unlink(slot)
          links.removeAll { $0.from == object.id && $0.slot == slot }
        }
      }
      for object in objects where generator.below(12) == 0 { kept.append(object) }
      if !kept.isEmpty, generator.below(8) == 0 {
        kept.remove(at: generator.below(kept.count))
      }
    }

    func truth() -> (leaked: [Int], held: [Int]) {
      let strong = links.filter(\\.isStrong)
      var outgoing = [[Int]](repeating: [], count: types.count)
      for link in strong { outgoing[link.from].append(link.to) }

      var isHeld = [Bool](repeating: false, count: types.count)
      var pending = kept.map(\\.id)
      while let id = pending.popLast() {
        if !isHeld[id] {
          isHeld[id] = true
          pending += outgoing[id]
        }
      }

      var incoming = [Int](repeating: 0, count: types.count)
      for link in strong { incoming[link.to] += 1 }
      var isDead = [Bool](repeating: false, count: types.count)
      pending = types.indices.filter { !isHeld[$0] && incoming[$0] == 0 }
      while let id = pending.popLast() {
        isDead[id] = true
        for target in outgoing[id] {
          incoming[target] -= 1
          if incoming[target] == 0 && !isHeld[target] { pending.append(target) }
        }
      }

      var leaked = [Int](repeating: 0, count: typeCount)
      var held = leaked
      for (id, type) in types.enumerated() {
        if isHeld[id] { held[type] += 1 } else if !isDead[id] { leaked[type] += 1 }
      }
      return (leaked, held)
    }

    for _ in 0..<graphCount { makeGraph() }
    let (leaked, held) = truth()
    func dictionary(_ counts: [Int]) -> String {
      let entries = counts.indices.filter { counts[$0] > 0 }.map { "\\"\\(typeNames[$0])\\":\\(counts[$0])" }
      return "{" + entries.joined(separator: ",") + "}"
    }
    for type in 0..<typeCount where births[type] - deaths[type] != leaked[type] + held[type] {
      print(typeNames[type], "born", births[type], "dead", deaths[type], "leaked", leaked[type], "held", held[type])
      exit(99)
    }
    print("{\\"leaked\\":\\(dictionary(leaked)),\\"held\\":\\(dictionary(held))}")
    """
}
