import Foundation
import Testing

@testable import WeakReferences

/// Random operations on each container, and on a simple model of it.
///
/// Each container lives through several lives, the same each time; with `REMNANT_SEED=random` through one more, whose
/// seed is printed. `REMNANT_MODEL_STEPS` says how many steps they have together, alone and on threads; with
/// `REMNANT_MODEL_SEED` one life comes again.
@Suite struct ModelTests {
  /// A million where it is optimized: see `.ci/run`.
  static let steps = number(of: "REMNANT_MODEL_STEPS") ?? 60_000
  private static let seeds: [UInt64] = {
    if let seed = number(of: "REMNANT_MODEL_SEED") { return [UInt64(seed)] }
    let fixed: [UInt64] = [1, 2, 3, 0xFFFF_FFFF]
    guard ProcessInfo.processInfo.environment["REMNANT_SEED"] == "random" else { return fixed }
    let seed = UInt64.random(in: 0..<1 << 32)
    print("ModelTests: REMNANT_MODEL_SEED=\(seed)")
    return fixed + [seed]
  }()

  private static func number(of variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }

  private func check<Subject: ModelSubject>(_: Subject.Type) {
    let threads = WeakReferences.isLazy ? 0 : 3
    // Half of the steps alone, half of them on threads.
    let alone = Self.steps / Self.seeds.count / (threads == 0 ? 1 : 2)
    for seed in Self.seeds {
      do {
        var run = ModelRun<Subject>(seed: seed)
        try run.run(steps: alone)
        if threads > 0 {
          try checkThreads(threads, Subject.self, seed: seed, steps: alone / threads + 1)
        }
      } catch {
        Issue.record("REMNANT_MODEL_SEED=\(seed) REMNANT_MODEL_STEPS=\(Self.steps): \(error)")
      }
    }
  }

  /// Threads with keys of their own share one container: each finds what its own model says.
  private func checkThreads<Subject: ModelSubject>(
    _ count: Int,
    _: Subject.Type,
    seed: UInt64,
    steps: Int
  ) throws {
    let container = Subject.makeContainer()
    let mismatches = Log<String>()
    onThreads(count) { thread in
      var run = ModelRun<Subject>(seed: seed, thread: thread + 1, shared: container)
      do { try run.run(steps: steps) } catch {
        mismatches.append("thread \(thread), \(error)")
      }
    }
    if let first = mismatches.all.first { throw Mismatch(description: first) }
    try agree(Subject(container).count, 0, "the shared container's count")
  }

  @Test func weakValueDictionary() { check(DictionarySubject<WeakValues>.self) }

  @Test func weakKeyDictionary() { check(DictionarySubject<WeakKeys>.self) }

  @Test func weakKeyValueDictionary() { check(DictionarySubject<WeakKeysAndValues>.self) }

  @Test func weakHashableKeyDictionary() { check(DictionarySubject<WeakHashableKeys>.self) }

  @Test func weakSet() { check(SetSubject<ByIdentity>.self) }

  @Test func weakHashableSet() { check(SetSubject<ByEquality>.self) }

  @Test func weakArray() { check(ArraySubject.self) }
}
