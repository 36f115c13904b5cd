import Census
import FlyingFox
import Synchronization

/// What the shop sells, as JSON.
struct Item: Codable, Equatable {
  var id: Int
  var name: String
  var price: Double
}

/// The service behind the routes: it keeps the items, and the steps that every request passes.
final class Shop: Sendable {
  private let items: Mutex<[Int: Item]>
  private let steps = Mutex<[any HTTPHandler]>([])

  init(items: [Item]) {
    self.items = Mutex(Dictionary(uniqueKeysWithValues: items.map { ($0.id, $0) }))
    Census.born(self)
  }
  deinit { Census.died(self) }

  func item(_ id: Int) -> Item? { items.withLock { $0[id] } }

  func add(_ item: Item) { items.withLock { $0[item.id] = item } }

  func use(_ step: any HTTPHandler) { steps.withLock { $0.append(step) } }

  /// Passes a request through the steps, for whatever they note of it.
  func pass(_ request: HTTPRequest) async throws {
    for step in steps.withLock({ $0 }) { _ = try await step.handleRequest(request) }
  }
}
