import Census
import NIOCore

/// The client's side: sends a few lines, waits for as many bytes to come back, and hangs up.
final class EchoClient: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let lines: [String]
  private var awaitedBytes: Int

  init(lines: [String]) {
    self.lines = lines
    awaitedBytes = lines.reduce(0) { $0 + $1.utf8.count }
    Census.born(self)
  }
  deinit { Census.died(self) }

  func channelActive(context: ChannelHandlerContext) {
    for line in lines {
      context.write(wrapOutboundOut(context.channel.allocator.buffer(string: line)), promise: nil)
    }
    context.flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    awaitedBytes -= unwrapInboundIn(data).readableBytes
    if awaitedBytes == 0 { context.close(promise: nil) }
  }
}
