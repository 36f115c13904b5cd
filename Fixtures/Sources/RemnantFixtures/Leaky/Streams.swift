/// Streams that buffer the object that stores them.
enum StreamElements {
  final class Feed: @unchecked Sendable {
    var stream: AsyncStream<Feed>?
    var continuation: AsyncStream<Feed>.Continuation?
    var throwing: AsyncThrowingStream<Feed, any Error>?
    var iterator: AsyncStream<Feed>.Iterator?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let feeds = (1...4).map { _ in Feed() }
    let (stream, continuation) = AsyncStream.makeStream(of: Feed.self)
    feeds[0].stream = stream
    feeds[0].continuation = continuation
    for _ in 1...3 { continuation.yield(feeds[0]) }
    feeds[1].throwing = AsyncThrowingStream { [feed = feeds[1]] in $0.yield(feed) }
    feeds[2].iterator = AsyncStream { [feed = feeds[2]] in $0.yield(feed) }.makeAsyncIterator()
    // Made when it is asked for.
    feeds[3].stream = AsyncStream { [feed = feeds[3]] in feed }
    return feeds
  }

  @inline(never)
  static func run() { use(make().count) }
}
