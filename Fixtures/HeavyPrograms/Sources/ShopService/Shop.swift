import Census
import Hummingbird
import Synchronization

/// What the shop sells.
struct Item: ResponseCodable {
  var id: Int
  var name: String
}

/// What the routes and the middlewares share.
final class Shop: Sendable {
  private let requests = Atomic(0)
  private let middlewares = Mutex<[any MiddlewareProtocol & Sendable]>([])

  init() { Census.born(self) }
  deinit { Census.died(self) }

  var requestCount: Int { requests.load(ordering: .relaxed) }

  func countRequest() { requests.add(1, ordering: .relaxed) }

  /// Keeps a middleware, to ask it later.
  func keep(_ middleware: any MiddlewareProtocol & Sendable) {
    middlewares.withLock { $0.append(middleware) }
  }
}

/// Counts every request in the shop's books.
final class CountingMiddleware: RouterMiddleware {
  private let shop: Shop

  init(shop: Shop) {
    self.shop = shop
    Census.born(self)
  }
  deinit { Census.died(self) }

  func handle(
    _ request: Request,
    context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    shop.countRequest()
    return try await next(request, context)
  }
}
