import CMallocStatistics
import CWeakReferences
import Foundation
import Testing

@testable import WeakReferences

/// What a container uses for itself comes back.
///
/// `REMNANT_MODEL_STEPS` says how many objects come and go. Each test has a process of its own, for malloc counts what
/// all threads have.
@Suite struct MemoryTests {
  private struct Use: Equatable {
    let containers: Int
    let registry: Int
    let malloc: Int

    init(_ byteCount: Int) {
      let statistics = wr_read_statistics()
      containers = byteCount
      registry = statistics.objects + statistics.table_bytes
      malloc = malloc_bytes_in_use()
    }
  }

  /// Lets objects come and go in batches of different sizes, twice, and compares what is in use after each time.
  ///
  /// Returns whether it is the same, but for what malloc keeps at hand for each thread: at most 7 blocks of each size, and
  /// less than a block for each object by far.
  private static func comesBack(
    _ bytes: () -> Int,
    insert: (Creature) -> Void,
    count: () -> Int
  ) -> Bool {
    func live(_ objects: Int) -> Use {
      var made = 0
      var batch = 0
      while made < objects {
        let size = min([1, 20, 500, 10_000][batch % 4], objects - made)
        let creatures = (0..<size).map { Creature(id: made + $0, name: made + $0) }
        settle()
        creatures.forEach(insert)
        let countOfLiving = count()
        withExtendedLifetime(creatures) {}
        precondition(countOfLiving == size)
        made += size
        batch += 1
      }
      settle()
      precondition(count() == 0)
      return Use(bytes())
    }
    let before = live(20_000)
    let after = live(ModelTests.steps)
    return after.containers == before.containers && after.registry <= before.registry
      && after.malloc <= before.malloc + 65_536
  }

  @Test func weakValueDictionary() async {
    await #expect(processExitsWith: .success) {
      let container = WeakValueDictionary<Int, Creature>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container[$0.id] = $0 },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakKeyDictionary() async {
    await #expect(processExitsWith: .success) {
      let container = WeakKeyDictionary<Creature, String>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container[$0] = "a string with a block of its own \($0.id)" },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakHashableKeyDictionary() async {
    await #expect(processExitsWith: .success) {
      let container = WeakHashableKeyDictionary<Creature, Int>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container[$0] = $0.id },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakKeyValueDictionary() async {
    await #expect(processExitsWith: .success) {
      let container = WeakKeyValueDictionary<Creature, Creature>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container[$0] = $0 },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakSet() async {
    await #expect(processExitsWith: .success) {
      let container = WeakSet<Creature>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container.insert($0) },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakHashableSet() async {
    await #expect(processExitsWith: .success) {
      let container = WeakHashableSet<Creature>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container.insert($0) },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }

  @Test func weakArray() async {
    await #expect(processExitsWith: .success) {
      let container = WeakArray<Creature>()
      let comesBack = MemoryTests.comesBack(
        { container.table.byteCount },
        insert: { container.append($0) },
        count: { container.count }
      )
      exit(comesBack ? 0 : 1)
    }
  }
}
