import CWeakReferences
import Foundation
import Synchronization
import Testing

@testable import WeakReferences

/// The first registration of a class.
@Suite struct RegistrationTests {
  @Test("two threads register the first objects of a class at once: both deaths are told of")
  func firstRegistrations() {
    let kinds = Kinds.all(20)
    let makers = kinds.flatMap { a in kinds.flatMap { b in kinds.map { maker(a, b, $0) } } }
    // What makes the metadata takes a lock of its own: it comes before.
    for make in makers { _ = make() }
    let deaths = Counter()
    let arrivals = Atomic(0)
    onThreads(2) { _ in
      for (number, make) in makers.enumerated() {
        var object: AnyObject? = make()
        let watch = CountingWatch(deaths)
        arrivals.add(1, ordering: .sequentiallyConsistent)
        var spins = 0
        while arrivals.load(ordering: .sequentiallyConsistent) < 2 * (number + 1) {
          spins += 1
          if spins % 1000 == 0 { sched_yield() }
        }
        _ = object.map(watch.start)
        object = nil
      }
    }
    settle()
    if !WeakReferences.isLazy { #expect(deaths.value == 2 * makers.count) }
  }

  /// A library that is closed and opened again at the same place brings its class's metadata anew.
  @Test("a class that lost its patch is patched again")
  func openedAgain() {
    final class Plugin {}
    let slot = unsafeBitCast(Plugin.self, to: UnsafeMutablePointer<UnsafeRawPointer>.self) - 2
    let original = slot.pointee
    let deaths = Counter()
    for _ in 0..<3 {
      var plugin: Plugin? = Plugin()
      let reference = plugin.map { WeakRef($0) { _ in deaths.increment() } }
      plugin = nil
      slot.pointee = original
      withExtendedLifetime(reference) {}
    }
    settle()
    #expect(deaths.value == 3)
  }
}

/// No more work than there must be between a registration and a death.
private final class CountingWatch: DeathWatch, @unchecked Sendable {
  private let deaths: Counter

  init(_ deaths: Counter) {
    self.deaths = deaths
    super.init(kind: wr_kind_owned_callback)
  }

  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) { deaths.increment() }
}

private protocol Kind: SendableMetatype {}
private enum Zero: Kind {}
private enum Successor<Predecessor: Kind>: Kind {}
private final class Triple<A: Kind, B: Kind, C: Kind> {}

/// Types that nobody else has.
private enum Kinds {
  static func all(_ count: Int) -> [any Kind.Type] { successors(of: Zero.self, count) }

  private static func successors<K: Kind>(of kind: K.Type, _ count: Int) -> [any Kind.Type] {
    count == 0 ? [] : [kind] + successors(of: Successor<K>.self, count - 1)
  }
}

/// Makes objects of one specialisation of a generic class: each is a class of its own.
private func maker<A: Kind, B: Kind, C: Kind>(
  _: A.Type,
  _: B.Type,
  _: C.Type
) -> @Sendable () -> AnyObject {
  { Triple<A, B, C>() }
}
