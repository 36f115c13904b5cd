import Foundation
import Testing

@testable import WeakReferences

/// Deaths where the optimizer knows all of an object: what makes and releases it, and that nothing reads it.
///
/// See `.ci/run` for the run with `-O`.
@Suite struct OptimizedDeathTests {
  /// What an optimizer likes: final, no deinit, nothing to initialize but a number.
  private final class Point: @unchecked Sendable {
    var x: Int
    init(_ x: Int) { self.x = x }
  }

  /// The same with something to release: as a field of a structure, it is released with that.
  private struct Figure {
    let origin: Point
    let size: Int
  }

  private final class Account: @unchecked Sendable {
    var owner: String
    let deinits: Counter
    init(_ owner: String, _ deinits: Counter) {
      self.owner = owner
      self.deinits = deinits
    }
    deinit { deinits.increment() }
  }

  @Test("a thousand of a thousand objects of a hot loop are noticed, by whatever refers to them")
  func hotLoops() {
    let deaths = Counter()
    var references: [WeakRef<Point>] = []
    for number in 0..<1_000 {
      let point = Point(number)
      references.append(WeakRef(point) { _ in deaths.increment() })
    }
    settle()
    #expect(deaths.value == 1_000)
    #expect(references.allSatisfy { $0.object == nil && !$0.hasCallback })

    let registry = DeathRegistry<Int> { _ in deaths.increment() }
    let queue = DeathQueue<Int>()
    for number in 0..<1_000 {
      registry.register(Point(number), holding: number)
      queue.watch(Point(number), as: number)
      Finalizer(for: Point(number), runsAtExit: false) { deaths.increment() }
    }
    settle()
    #expect(deaths.value == 3_000)
    #expect(queue.count == 1_000 && registry.count == 0)
    #expect(
      (0..<1_000).allSatisfy { queue.poll() == $0 } == !WeakReferences.isLazy || queue.count == 0
    )
  }

  @Test("containers forget every object of a hot loop")
  func containers() {
    let (set, array) = (WeakSet<Point>(), WeakArray<Point>())
    let (values, keys) = (WeakValueDictionary<Int, Point>(), WeakKeyDictionary<Point, Int>())
    let both = WeakKeyValueDictionary<Point, Point>()
    var most = 0
    for number in 0..<1_000 {
      let point = Point(number)
      set.insert(point)
      array.append(point)
      values[number] = point
      keys[point] = number
      both[point] = Point(number)
      most = max(most, set.count, array.count, values.count, keys.count, both.count)
      withExtendedLifetime(point) {}
    }
    settle()
    #expect(set.isEmpty && array.isEmpty && values.isEmpty && keys.isEmpty && both.isEmpty)
    #expect(most >= 1)
    if !WeakReferences.isLazy { #expect(most == 1) }
  }

  @Test("objects that end with the structure, array, closure or tuple that they are in")
  func aggregates() {
    let deaths = Counter()
    let registry = DeathRegistry<Int> { _ in deaths.increment() }
    func register(_ point: Point) -> Point {
      registry.register(point, holding: point.x)
      return point
    }
    var sum = 0
    for number in 0..<1_000 {
      let figure = Figure(origin: register(Point(number)), size: number)
      sum += figure.size
      let points = [register(Point(1)), register(Point(2))]
      sum += points.count
      let pair = (register(Point(number)), number)
      sum += pair.1
      let (first, second) = (register(Point(1)), Optional(register(Point(2))))
      let add = { sum += first.x + (second?.x ?? 0) }
      add()
    }
    settle()
    #expect(deaths.value == 6_000)
    #expect(registry.count == 0)
    #expect(sum == 1_000 * 5 + 2 * (0..<1_000).reduce(0, +))
  }

  @Test("of objects that only some are registered of, no other is told of, and each deinit runs")
  func someOfThem() {
    let (deinits, deaths) = (Counter(), Counter())
    let registry = DeathRegistry<Int> { _ in deaths.increment() }
    for number in 0..<2_000 {
      let account = Account("a", deinits)
      if number % 2 == 0 { registry.register(account, holding: number) }
      account.owner += "b"
    }
    settle()
    #expect(deaths.value == 1_000)
    #expect(deinits.value == 2_000)
  }

  @Test("an object that is released in the middle of a function is noticed there")
  func midway() {
    let log = Log<String>()
    let registry = DeathRegistry<String> { log.append($0) }
    for _ in 0..<100 {
      var point: Point? = Point(1)
      if let point { registry.register(point, holding: "first") }
      point = Point(2)
      log.append("replaced")
      if let point { registry.register(point, holding: "second") }
      point = nil
      log.append("released")
    }
    settle()
    let seen = log.all
    if WeakReferences.isLazy {
      #expect(seen.filter { $0 == "first" || $0 == "second" }.count == 200)
    } else {
      // The optimizer may release earlier than the source says, never later.
      #expect(seen.count == 400)
      for start in stride(from: 0, to: seen.count, by: 4) {
        let round = Array(seen[start..<start + 4])
        #expect(round.firstIndex(of: "first") ?? 4 < round.firstIndex(of: "replaced") ?? 0)
        #expect(round.firstIndex(of: "second") ?? 4 < round.firstIndex(of: "released") ?? 0)
      }
    }
  }

  @Test("the storage of arrays that don't leave their function")
  func arrayStorage() {
    let deaths = Counter()
    let registry = DeathRegistry<Int> { _ in deaths.increment() }
    let (count, shared) = (Int.random(in: 3..<9), Point(0))
    var sum = 0
    for number in 0..<1_000 {
      let array = [Figure](repeating: Figure(origin: shared, size: number), count: count)
      registry.register(unsafeBitCast(array, to: AnyObject.self), holding: number)
      sum += array[count - 1].size
    }
    settle()
    #expect(deaths.value == 1_000)
    #expect(sum == (0..<1_000).reduce(0, +))
  }

  @Test("thousands of references to one object: all are told, newest first")
  func manyReferences() {
    let count = 5_000
    let (order, finalizers) = (Log<Int>(), Counter())
    let box = Box(Point(1))
    var references: [WeakRef<Point>] = []
    let (values, array) = (WeakValueDictionary<Int, Point>(), WeakArray<Point>())
    func refer(_ point: Point) {
      for number in 0..<count {
        references.append(WeakRef(point) { _ in order.append(number) })
        values[number] = point
        array.append(point)
        Finalizer(for: point, runsAtExit: false) { finalizers.increment() }
      }
    }
    box.value.map(refer)
    #expect(box.value.map { weakReferenceCount(of: $0) } == count)
    #expect(values.count == count && array.count == count)
    // Every third is gone before, from everywhere in the ring.
    references = references.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)
    for number in stride(from: 0, to: count, by: 2) { values[number] = nil }
    box.value = nil
    settle()
    #expect(order.all == (0..<count).reversed().filter { $0 % 3 != 0 })
    #expect(finalizers.value == count)
    #expect(values.isEmpty && array.isEmpty)
    #expect(references.allSatisfy { $0.object == nil })
  }
}
