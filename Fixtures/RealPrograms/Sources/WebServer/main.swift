import Census
import FlyingFox
import FlyingSocks
import Foundation

/// Serves a shop, asks it for things, and shuts the server down.
func serve(_ mode: Mode) async throws {
  let shop = Shop(items: (1...5).map { Item(id: $0, name: "item \($0)", price: Double($0) / 4) })
  let log = RequestLog()
  shop.use(log)
  if mode == .leaky { shop.use(StockCounter(shop: shop)) }

  let server = HTTPServer(
    address: try .inet(ip4: "127.0.0.1", port: 0),
    logger: .disabled
  )
  await server.appendRoute("GET /items/:id") { (request: HTTPRequest, id: Int) in
    try await shop.pass(request)
    guard let item = shop.item(id) else { return HTTPResponse(statusCode: .notFound) }
    return HTTPResponse(statusCode: .ok, body: try JSONEncoder().encode(item))
  }
  await server.appendRoute("POST /items/") { request in
    try await shop.pass(request)
    shop.add(try JSONDecoder().decode(Item.self, from: await request.bodyData))
    return HTTPResponse(statusCode: .created)
  }

  let running = Task { try await server.run() }
  try await server.waitUntilListening()
  guard let address = await server.listeningAddress, case .ip4(_, let port) = address else {
    fatalError("the server has no address")
  }
  try await request(from: port)
  await server.stop(timeout: 1)
  _ = await running.result
  print("\(log.count) requests")
}

try await serve(.requested)
Census.report()
