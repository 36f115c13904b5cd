import Census
import Hummingbird
import Logging
import ServiceLifecycle

/// Serves a shop, asks it for things, and shuts the service down in order.
func serve(_ mode: Mode) async throws {
  let shop = Shop()
  let middleware = CountingMiddleware(shop: shop)
  if mode == .leaky { shop.keep(middleware) }

  let router = Router()
  router.add(middleware: middleware)
  router.get("/items/{id}") { _, context -> Item in
    let id = try context.parameters.require("id", as: Int.self)
    guard id < 5 else { throw HTTPError(.notFound) }
    return Item(id: id, name: "item \(id)")
  }
  router.post("/items") { request, context -> Item in
    try await request.decode(as: Item.self, context: context)
  }

  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  var logger = Logger(label: "shop")
  logger.logLevel = .error
  let application = Application(
    router: router,
    configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in
      if let number = channel.localAddress?.port { port.yield(number) }
      port.finish()
    },
    logger: logger
  )
  let services = ServiceGroup(configuration: .init(services: [application], logger: logger))
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await services.run() }
    for await port in ports { try await request(from: port) }
    await services.triggerGracefulShutdown()
    try await group.waitForAll()
  }
  print("\(shop.requestCount) requests")
}

try await serve(.requested)
Census.report()
