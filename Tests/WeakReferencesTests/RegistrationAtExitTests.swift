import Foundation
import Testing

@testable import WeakReferences

/// Which finalizers run at exit, and in which order.
@Suite struct RegistrationAtExitTests {
  @Test("a finalizer that runs at exit after all does so in its place")
  func changingMinds() async {
    await #expect(processExitsWith: .success) {
      let item = Item()
      let runs = Log<Int>()
      let finalizers = (0..<5).map { number in
        Finalizer(for: item, runsAtExit: number != 1) { runs.append(number) }
      }
      finalizers[3].runsAtExit = false
      finalizers[1].runsAtExit = true
      finalizers[4].runsAtExit = false
      finalizers[4].runsAtExit = true
      finalizers[0].detach()
      finalizers[0].runsAtExit = true
      ExitTask.runAll()
      guard runs.all == [4, 2, 1] else { exit(1) }
      guard finalizers.map(\.isAlive) == [false, false, false, true, false] else { exit(2) }
    }
  }

  /// A walk over all of them for each one that runs would take minutes.
  @Test("those that don't run at exit cost nothing there")
  func manyOfBothKinds() async {
    await #expect(processExitsWith: .success) {
      let item = Item()
      let runs = Counter()
      for _ in 0..<100_000 {
        Finalizer(for: item) { runs.increment() }
        Finalizer(for: item, runsAtExit: false) { runs.increment() }
      }
      ExitTask.runAll()
      guard runs.value == 100_000 else { exit(1) }
      _exit(EXIT_SUCCESS)
    }
  }

  @Test("an action that holds its object is noticed beside captures that are no references")
  func capturesBesidesNumbers() {
    let item = Item()
    let (number, identity) = (Item(3).number, ObjectIdentifier(item))
    func isNoticed(_ action: @escaping @Sendable () -> Void) -> Bool {
      let finalizer = Finalizer(for: item, runsAtExit: false, action: action)
      finalizer.detach()
      return finalizer.keepsItsObjectAlive
    }
    let holding = [isNoticed { use(item, number) }, isNoticed { use(item, identity) }]
    #expect(holding == [true, true])
    let others = [
      isNoticed { use(number, identity) }, isNoticed { [unowned item] in use(item, number) },
    ]
    #expect(others == [false, false])
  }
}

/// Uses what a closure captured.
@inline(never)
private func use(_ first: Any, _ second: Any? = nil) {}
