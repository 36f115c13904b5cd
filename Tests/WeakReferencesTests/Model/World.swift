import Foundation

@testable import WeakReferences

/// What lives in a model's world.
///
/// Several creatures may have one name, by which they are equal.
final class Creature: Hashable, Sendable {
  let id: Int
  let name: Int

  init(id: Int, name: Int) {
    self.id = id
    self.name = name
  }

  static func == (left: Creature, right: Creature) -> Bool { left.name == right.name }
  func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Random numbers that a seed brings again.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Explicit lifetimes: a creature lives for as long as it is in here.
final class World {
  /// Whether other threads use the container, each with keys of its own.
  let isShared: Bool
  private let thread: Int
  private var generator: SplitMix64
  private var creatures: [Creature] = []
  private var population = 8
  private var births = 0

  init(seed: UInt64, thread: Int, isShared: Bool) {
    self.isShared = isShared
    self.thread = thread
    generator = SplitMix64(seed: seed &+ UInt64(thread))
  }

  private var range: Int { thread << 32 }

  /// Whether a key or a creature's number is this thread's.
  func owns(_ number: Int) -> Bool { number >> 32 == thread }

  func random(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  /// A key that is no object.
  func key() -> Int { range + random(population * 2) }

  /// A creature that nobody holds.
  func stranger() -> Creature {
    births += 1
    return Creature(id: range + births, name: range + random(population))
  }

  func creature() -> Creature? {
    creatures.isEmpty ? nil : creatures[random(creatures.count)]
  }

  func some() -> [Creature] { (0..<random(6)).compactMap { _ in creature() } }

  /// A birth, or a death, whose victim is returned.
  ///
  /// Now and then everything gets more, or less.
  func live() -> Int? {
    if random(500) == 0 {
      population = [2, 8, 40, 200][random(4)]
    }
    guard random(population * 2) < creatures.count else {
      creatures.append(stranger())
      return nil
    }
    return die()
  }

  private func die() -> Int {
    let place = random(creatures.count)
    let id = creatures[place].id
    let reference = WeakRef(creatures[place])
    creatures.swapAt(place, creatures.count - 1)
    creatures.removeLast()
    // An iteration on another thread may hold it for a moment.
    while reference.isAlive { precondition(isShared) }
    settle()
    return id
  }

  /// The death of all, one after the other.
  func end(_ died: (Int) -> Void) {
    while !creatures.isEmpty {
      died(die())
    }
  }
}
