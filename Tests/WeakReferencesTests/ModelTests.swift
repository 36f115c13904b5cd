import Foundation
import Testing

@testable import WeakReferences

/// Random operations on each container, and on a simple model of it.
///
/// `REMNANT_MODEL_STEPS` says how many per container; with `REMNANT_MODEL_SEED` a run comes again.
@Suite struct ModelTests {
  static let steps = number(of: "REMNANT_MODEL_STEPS") ?? 50_000
  private static let seed = UInt64(number(of: "REMNANT_MODEL_SEED") ?? .random(in: 0..<1 << 32))

  private static func number(of variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }

  private func check<Subject: ModelSubject>(_: Subject.Type, name: String = #function) throws {
    print("\(name): seed \(Self.seed), \(Self.steps) steps")
    do {
      var run = ModelRun<Subject>(seed: Self.seed)
      try run.run(steps: Self.steps)
      if !WeakReferences.isLazy { try checkThreads(Subject.self) }
    } catch {
      Issue.record("seed \(Self.seed), \(error)")
    }
  }

  /// Threads with keys of their own share one container: each finds what its own model says.
  private func checkThreads<Subject: ModelSubject>(_: Subject.Type) throws {
    let container = Subject.makeContainer()
    let mismatches = Log<String>()
    onThreads(3) { thread in
      var run = ModelRun<Subject>(seed: Self.seed, thread: thread + 1, shared: container)
      do { try run.run(steps: Self.steps / 2) } catch {
        mismatches.append("thread \(thread), \(error)")
      }
    }
    if let first = mismatches.all.first { throw Mismatch(description: first) }
    try agree(Subject(container).count, 0, "the shared container's count")
  }

  @Test func weakValueDictionary() throws { try check(DictionarySubject<WeakValues>.self) }

  @Test func weakKeyDictionary() throws { try check(DictionarySubject<WeakKeys>.self) }

  @Test func weakKeyValueDictionary() throws {
    try check(DictionarySubject<WeakKeysAndValues>.self)
  }

  @Test func weakHashableKeyDictionary() throws {
    try check(DictionarySubject<WeakHashableKeys>.self)
  }

  @Test func weakSet() throws { try check(SetSubject<ByIdentity>.self) }

  @Test func weakHashableSet() throws { try check(SetSubject<ByEquality>.self) }

  @Test func weakArray() throws { try check(ArraySubject.self) }
}
