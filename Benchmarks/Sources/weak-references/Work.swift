import WeakReferences

/// One kind of work, as Swift's own means do it and as the library does.
struct Operation {
  var name: String
  /// What it is measured beside.
  var baseline: String
  /// How many times slower it may be.
  var limit: Double?
  /// What `python.py` calls it.
  var python: String?
  var own: () -> Void
  var ours: () -> Void
}

/// A container whose memory is measured.
struct Container {
  var name: String
  var fill: ([Thing]) -> AnyObject
}

final class Thing {
  var value: Int
  init(_ value: Int) { self.value = value }
}

/// Of the same shape; no instance is ever referred to weakly by the library, so its class stays as it is.
final class Untouched {
  var value: Int
  init(_ value: Int) { self.value = value }
}

/// The work, on objects that are made once.
struct Work {
  let count: Int
  let things: [Thing]
  /// Positions in an order that no prefetcher guesses.
  let order: [Int]

  init(count: Int) {
    self.count = count
    things = (0..<count).map(Thing.init)
    order = (0..<count).map { $0 &* 7919 % count }.shuffled()
  }

  func makeThings() -> [Thing] { (0..<count).map(Thing.init) }

  var operations: [Operation] { dictionaries + keys + sets + references + deaths }

  var containers: [Container] {
    [
      Container(name: "Dictionary<Int, Thing>, for comparison") { things in
        Kept(
          Dictionary(uniqueKeysWithValues: things.map { ($0.value, Unmanaged.passUnretained($0)) })
        )
      },
      Container(name: "WeakValueDictionary<Int, Thing>") { things in
        WeakValueDictionary(things.map { (key: $0.value, value: $0) })
      },
      Container(name: "WeakKeyDictionary<Thing, Int>") { things in
        WeakKeyDictionary(things.map { (key: $0, value: $0.value) })
      },
      Container(name: "WeakSet<Thing>") { WeakSet($0) },
      Container(name: "WeakArray<Thing>") { WeakArray($0) },
    ]
  }

  // MARK: Dictionaries

  private var dictionaries: [Operation] {
    let strong = Dictionary(uniqueKeysWithValues: things.map { ($0.value, $0) })
    let weak = WeakValueDictionary(things.map { (key: $0.value, value: $0) })
    return [
      Operation(
        name: "`WeakValueDictionary`, look up",
        baseline: "`Dictionary`",
        limit: 1.5,
        python: "lookup"
      ) {
        for key in order { consume(strong[key]) }
      } ours: {
        for key in order { consume(weak[key]) }
      },
      Operation(
        name: "`WeakValueDictionary`, insert",
        baseline: "`Dictionary`",
        limit: 3,
        python: "insert"
      ) {
        var made: [Int: Thing] = [:]
        for index in 0..<count { made[index] = things[index] }
        consume(made.count)
      } ours: {
        let made = WeakValueDictionary<Int, Thing>()
        for index in 0..<count { made[index] = things[index] }
        consume(made.count)
      },
      Operation(
        name: "`WeakValueDictionary`, insert, death removes",
        baseline: "`Dictionary`, insert and remove",
        limit: 5,
        python: "insert-death"
      ) {
        var made: [Int: Thing] = [:]
        for index in 0..<count { made[index] = Thing(index) }
        for index in 0..<count { made[index] = nil }
        consume(made.count)
      } ours: {
        let made = WeakValueDictionary<Int, Thing>()
        var living: [Thing] = []
        for index in 0..<count {
          let thing = Thing(index)
          made[index] = thing
          living.append(thing)
        }
        living.removeAll()
        consume(made.count)
      },
      Operation(
        name: "`WeakValueDictionary`, iterate",
        baseline: "`Dictionary`",
        limit: 2,
        python: "iterate"
      ) {
        for (_, value) in strong { consume(value) }
      } ours: {
        for (_, value) in weak { consume(value) }
      },
    ]
  }

  // MARK: Weak keys

  private var keys: [Operation] {
    let strong = Dictionary(uniqueKeysWithValues: things.map { (ObjectIdentifier($0), $0.value) })
    let weak = WeakKeyDictionary(things.map { (key: $0, value: $0.value) })
    return [
      Operation(
        name: "`WeakKeyDictionary`, look up",
        baseline: "`Dictionary` by `ObjectIdentifier`",
        python: "key-lookup"
      ) {
        for index in order { consume(strong[ObjectIdentifier(things[index])]) }
      } ours: {
        for index in order { consume(weak[things[index]]) }
      },
      Operation(
        name: "`WeakKeyDictionary`, insert",
        baseline: "`Dictionary` by `ObjectIdentifier`",
        python: "key-insert"
      ) {
        var made: [ObjectIdentifier: Int] = [:]
        for thing in things { made[ObjectIdentifier(thing)] = thing.value }
        consume(made.count)
      } ours: {
        let made = WeakKeyDictionary<Thing, Int>()
        for thing in things { made[thing] = thing.value }
        consume(made.count)
      },
    ]
  }

  // MARK: Sets

  private var sets: [Operation] {
    let strong = Set(things.map { ObjectIdentifier($0) })
    let weak = WeakSet(things)
    return [
      Operation(
        name: "`WeakSet`, contains",
        baseline: "`Set<ObjectIdentifier>`",
        python: "set-contains"
      ) {
        for index in order { consume(strong.contains(ObjectIdentifier(things[index]))) }
      } ours: {
        for index in order { consume(weak.contains(things[index])) }
      },
      Operation(
        name: "`WeakSet`, insert",
        baseline: "`Set<ObjectIdentifier>`",
        python: "set-insert"
      ) {
        var made: Set<ObjectIdentifier> = []
        for thing in things { made.insert(ObjectIdentifier(thing)) }
        consume(made.count)
      } ours: {
        let made = WeakSet<Thing>()
        for thing in things { made.insert(thing) }
        consume(made.count)
      },
    ]
  }

  // MARK: References

  private var references: [Operation] {
    // Objects of their own: a `weak var` gives its object a side table, for good, which slows every count.
    let others = makeThings()
    let variables = others.map(WeakVariable.init)
    let references = things.map { WeakRef($0) }
    return [
      Operation(
        name: "`WeakRef` with a callback, make and release",
        baseline: "`weak var`",
        limit: 10,
        python: "reference"
      ) {
        for thing in others {
          weak let variable = thing
          consume(variable)
        }
      } ours: {
        for thing in things { consume(WeakRef(thing) { _ in }) }
      },
      Operation(
        name: "`WeakRef`, take the object",
        baseline: "`weak var`",
        python: "take"
      ) {
        for variable in variables { consume(variable.object) }
      } ours: {
        for reference in references { consume(reference.object) }
      },
    ]
  }

  // MARK: Deaths

  private var deaths: [Operation] {
    let registered = WeakRef(things[0])
    return [
      Operation(
        name: "birth and death of an unregistered instance of a patched class",
        baseline: "of an untouched class",
        limit: 1.1
      ) {
        for index in 0..<count { consume(Untouched(index)) }
      } ours: {
        for index in 0..<count { consume(Thing(index)) }
        withExtendedLifetime(registered) {}
      }
    ]
  }
}

/// Boxes a value, to be kept as an object.
final class Kept<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}

final class WeakVariable {
  weak var object: Thing?
  init(_ object: Thing) { self.object = object }
}

// Uses of a value that the optimiser can't see through.
@inline(never) @_optimize(none) func consume(_ value: Int?) {}
@inline(never) @_optimize(none) func consume(_ value: Int) {}
@inline(never) @_optimize(none) func consume(_ value: Bool) {}
@inline(never) @_optimize(none) func consume(_ value: Thing?) {}
@inline(never) @_optimize(none) func consume(_ value: Untouched?) {}
@inline(never) @_optimize(none) func consume(_ value: WeakRef<Thing>) {}
