import Synchronization
import Testing
import WeakReferences

// example: object pool
/// Lends resources, and takes each back when the borrower has let its loan go.
final class Pool<Resource: Sendable>: Sendable {
  /// Keeps a resource for whoever holds it.
  final class Loan: Sendable {
    let resource: Resource
    init(_ resource: Resource) { self.resource = resource }
  }

  private let free: Mutex<[Resource]>
  private let returns: DeathQueue<Resource>

  init(_ resources: [Resource]) {
    free = Mutex(resources)
    returns = DeathQueue()
  }

  /// Nil when all are lent.
  func borrow() -> Loan? {
    // Taken back here, not in the middle of a release.
    while let resource = returns.poll() { free.withLock { $0.append(resource) } }
    guard let resource = free.withLock({ $0.popLast() }) else { return nil }
    let loan = Loan(resource)
    returns.watch(loan, as: resource)
    return loan
  }
}
// end

@Suite("An object pool, as the documentation has it", .serialized) struct ObjectPoolExample {
  @Test("lends what came back, and nothing twice")
  func pool() {
    let pool = Pool([1, 2])
    var first = pool.borrow()
    let second = pool.borrow()
    #expect(Set([first?.resource, second?.resource]) == [1, 2])
    #expect(pool.borrow() == nil)
    let returned = first?.resource
    first = nil
    settle()
    let third = pool.borrow()
    #expect(third?.resource == returned)
    #expect(pool.borrow() == nil)
    withExtendedLifetime((second, third)) {}
  }
}
