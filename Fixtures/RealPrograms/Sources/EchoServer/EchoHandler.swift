import Census
import NIOCore

/// The server's side of a connection: sends back what it receives.
final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private(set) var echoedBytes = 0
  /// Called when the client has gone.
  var onClose: (() -> Void)?

  init() { Census.born(self) }
  deinit { Census.died(self) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    echoedBytes += buffer.readableBytes
    context.write(wrapOutboundOut(buffer), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }

  func channelInactive(context: ChannelHandlerContext) {
    onClose?()
    context.fireChannelInactive()
  }
}
