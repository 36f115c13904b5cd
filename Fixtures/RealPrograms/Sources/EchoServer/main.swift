import Census
import NIOCore
import NIOPosix

/// Starts a server, lets ten clients talk to it, and shuts everything down in order.
func serve(_ mode: Mode) throws {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
  let statistics = Statistics()

  let server = try ServerBootstrap(group: group)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let handler = EchoHandler()
        switch mode {
        case .clean:
          handler.onClose = { [unowned handler] in statistics.add(handler.echoedBytes) }
        case .leaky:
          handler.onClose = { statistics.add(handler.echoedBytes) }
        }
        try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
        try channel.pipeline.syncOperations.addHandler(handler)
      }
    }
    .bind(host: "127.0.0.1", port: 0)
    .wait()
  guard let address = server.localAddress else { fatalError("the server has no address") }

  let clients = try (1...10).map { number in
    try ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let lines = (1...number).map { "line \($0) of client \(number)\n" }
          try channel.pipeline.syncOperations.addHandler(EchoClient(lines: lines))
        }
      }
      .connect(to: address)
      .wait()
  }
  for client in clients { try client.closeFuture.wait() }
  try server.close().wait()
  try group.syncShutdownGracefully()
  print("echoed \(statistics.total) bytes")
}

try serve(.requested)
Census.report()
