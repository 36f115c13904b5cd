import Census
import FlyingFox
import Synchronization

/// A step that notes every request.
final class RequestLog: HTTPHandler {
  private let lines = Mutex<[String]>([])

  init() { Census.born(self) }
  deinit { Census.died(self) }

  var count: Int { lines.withLock { $0.count } }

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    lines.withLock { $0.append("\(request.method.rawValue) \(request.path)") }
    return HTTPResponse(statusCode: .ok)
  }
}

/// A step that counts the requests for things that the shop has.
final class StockCounter: HTTPHandler {
  private let shop: Shop
  private let count = Atomic(0)

  init(shop: Shop) {
    self.shop = shop
    Census.born(self)
  }
  deinit { Census.died(self) }

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    let id = request.path.split(separator: "/").last.flatMap { Int($0) }
    if let id, shop.item(id) != nil { count.add(1, ordering: .relaxed) }
    return HTTPResponse(statusCode: .ok)
  }
}
