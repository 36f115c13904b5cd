import Foundation

@testable import WeakReferences

/// A random life of a container and its model, of which a seed and a number of steps tell everything.
struct ModelRun<Subject: ModelSubject> {
  private var subject: Subject
  private let world: World

  init(seed: UInt64, thread: Int = 0, shared container: Subject.Container? = nil) {
    world = World(seed: seed, thread: thread, isShared: container != nil)
    subject = Subject(container ?? Subject.makeContainer())
  }

  /// Throws where the container differs from the model, and says at which step.
  mutating func run(steps: Int) throws {
    for step in 0..<steps {
      do {
        _ = try self.step()
        if step % 64 == 0 { try compare() }
        if step % 1_000 == 500 && !world.isShared { try iterateWhileLiving() }
      } catch {
        throw Mismatch(description: "step \(step): \(error)")
      }
    }
    try compare()
    world.end { subject.forget($0) }
    try compare()
    try agree(subject.entries, [], "the model without creatures")
  }

  /// Returns the key of an entry that was replaced by an equal one.
  private mutating func step() throws -> Int? {
    var replaced: Int?
    if world.random(2) == 0 {
      if let id = world.live() { subject.forget(id) }
    } else {
      replaced = try subject.act(in: world)
    }
    if !world.isShared { try agree(subject.count, subject.entries.count, "count") }
    return replaced
  }

  /// All entries, compared with all of the model.
  private func compare() throws {
    let found = subject.makeIterator().filter { world.owns($0.key) }
    try compare(found, subject.entries, "iterating")
  }

  private func compare(_ found: [Entry], _ expected: [Entry], _ what: String) throws {
    if Subject.isOrdered {
      try agree(found, expected, what)
    } else {
      try agree(found.count, expected.count, what)
      try agree(Set(found), Set(expected), what)
    }
  }

  /// Goes on living between the steps of an iteration: what is there all the time is met exactly once, what is met was
  /// there at some time.
  private mutating func iterateWhileLiving() throws {
    let iterator = subject.makeIterator()
    var lasting = subject.entries
    var possible = Set(lasting)
    var met: [Entry] = []
    while let entry = iterator.next() {
      met.append(entry)
      for _ in 0..<world.random(3) {
        let replaced = try step()
        let now = Set(subject.entries)
        lasting.removeAll { $0.key == replaced || !now.contains($0) }
        possible.formUnion(now)
      }
    }
    try agree(met.filter { !possible.contains($0) }, [], "an iteration")
    let unchanged = Set(lasting)
    try compare(met.filter(unchanged.contains), lasting, "an iteration while others change")
  }
}
