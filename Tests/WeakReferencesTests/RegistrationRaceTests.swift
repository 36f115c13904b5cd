import CWeakReferences
import Foundation
import Synchronization
import Testing

@testable import WeakReferences

/// Registrations that are cancelled while they are made.
@Suite struct RegistrationRaceTests {
  @Test("a token is cancelled while it gets registrations: each waits, or is gone with its value")
  func cancelling() {
    let objects = (0..<64).map { Item($0) }
    let registry = DeathRegistry<Item> { _ in }
    for _ in 0..<20 {
      let tokens = (0..<1000).map { _ in CancelToken() }
      let current = Atomic(0)
      let values = Log<WeakRef<Item>>()
      onThreads(3) { thread in
        switch thread {
        case 0:
          for (number, token) in tokens.enumerated() {
            let value = Item()
            values.append(WeakRef(value))
            current.store(number, ordering: .releasing)
            registry.register(objects[number % 64], holding: value, token: token)
          }
          current.store(tokens.count, ordering: .releasing)
        case 1:
          // As soon as the token knows of the registration.
          var number = 0
          while number < tokens.count {
            if tokens[number].count > 0 { tokens[number].cancel() }
            number = current.load(ordering: .acquiring)
          }
        default:
          // The shards of other objects are busy as well.
          while current.load(ordering: .acquiring) < tokens.count { _ = WeakRef(Item()) }
        }
      }
      #expect(registry.count == tokens.reduce(0) { $0 + $1.count })
      #expect(registry.count == values.all.count { $0.isAlive })
      for token in tokens { token.cancel() }
      #expect(registry.count == 0)
      #expect(values.all.allSatisfy { !$0.isAlive })
    }
    withExtendedLifetime(objects) {}
  }

  @Test("a finalizer that is made at exit finds its object registered: each runs once")
  func finalizersAtExit() async {
    await #expect(processExitsWith: .success) {
      let items = (0..<64).map { Item($0) }
      let runs = Counter()
      let isOver = Atomic(false)
      onThreads(2) { thread in
        if thread == 0 {
          for number in 0..<20_000 { Finalizer(for: items[number % 64]) { runs.increment() } }
          isOver.store(true, ordering: .releasing)
        } else {
          while !isOver.load(ordering: .acquiring) { ExitTask.runAll() }
        }
      }
      ExitTask.runAll()
      guard runs.value == 20_000 else { exit(1) }
      // Nothing is left behind in the registry.
      for item in items {
        let address = Unmanaged.passUnretained(item).toOpaque()
        guard wr_own_unowned_references(address) == 0 else { exit(2) }
      }
    }
  }
}
