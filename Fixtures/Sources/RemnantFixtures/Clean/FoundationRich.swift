import Foundation

/// Much of Foundation, Dispatch and Swift's concurrency, used as programs do.
enum FoundationRich: Scenario {
  static var name: String { "foundation-rich" }

  struct Message: Codable {
    var id: UUID
    var sent: Date
    var text: String
    var tags: [String: [Int]]
  }

  final class Listener: @unchecked Sendable {
    var received = 0
    init() { Census.born(Listener.self) }
    deinit { Census.died(Listener.self) }
  }

  actor Mailbox {
    private var messages: [Message] = []
    private let listener = Listener()
    init() { Census.born(Mailbox.self) }
    deinit { Census.died(Mailbox.self) }

    func put(_ message: Message) -> Int {
      messages.append(message)
      listener.received += 1
      return messages.count
    }
  }

  nonisolated(unsafe) static var kept: [Any] = []
  nonisolated(unsafe) static var handlers: [(Int) -> Int] = []

  @inline(never)
  static func run() {
    values()
    notifications()
    queues()
    concurrency()
  }

  @inline(never)
  static func values() {
    let message = Message(
      id: UUID(),
      sent: Date(timeIntervalSince1970: 1_000),
      text: "a text that is long enough",
      tags: ["primes of the first decade": [2, 3, 5, 7]]
    )
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    if let data = try? encoder.encode(message),
      let copy = try? decoder.decode(Message.self, from: data),
      let object = try? JSONSerialization.jsonObject(with: data)
    {
      kept.append(copy)
      kept.append(object)
    }

    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
    print(formatter.string(from: message.sent))
    kept.append(formatter)

    let cache = NSCache<NSString, Listener>()
    cache.setObject(Listener(), forKey: "a key")
    kept.append(cache)

    if let expression = try? NSRegularExpression(pattern: "([a-z]+) ([a-z]+)") {
      let range = NSRange(message.text.startIndex..., in: message.text)
      print(expression.numberOfMatches(in: message.text, range: range))
      kept.append(expression)
    }
    print(message.text.matches(of: #/[aeiou]+/#).count)

    if let url = URL(string: "https://example.org/path?query=1#fragment") {
      kept.append(url.appendingPathComponent("more"))
      kept.append(URLComponents(url: url, resolvingAgainstBaseURL: false) as Any)
    }
    kept.append(NSAttributedString(string: "attributed"))
    kept.append(NSNumber(value: 3.5))
    kept.append(Data(repeating: 7, count: 5_000))
    kept.append(IndexSet(integersIn: 3..<900))
  }

  @inline(never)
  static func notifications() {
    let listener = Listener()
    publish(listener)
    let name = Notification.Name("something happened")
    let token = NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) {
      _ in listener.received += 1
    }
    NotificationCenter.default.post(name: name, object: nil)
    print(listener.received)
    kept.append(token)

    let timer = Timer(timeInterval: 3_600, repeats: true) { _ in listener.received += 1 }
    RunLoop.main.add(timer, forMode: .default)
    _ = RunLoop.main.limitDate(forMode: .default)

    for index in 0..<opaque(200) {
      let counter = Listener()
      handlers.append { value in
        counter.received += value
        return counter.received + index
      }
    }
    print(handlers.reduce(0) { $0 + $1(2) })
  }

  @inline(never)
  static func queues() {
    let queue = DispatchQueue(label: "work")
    let group = DispatchGroup()
    let listener = Listener()
    for _ in 0..<opaque(20) {
      queue.async(group: group) { listener.received += 1 }
    }
    group.wait()
    print(queue.sync { listener.received })
    let key = DispatchSpecificKey<Listener>()
    queue.setSpecific(key: key, value: listener)
    kept.append(queue)

    let source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .now() + 3_600)
    source.setEventHandler { listener.received += 1 }
    source.resume()
    kept.append(source)
  }

  @inline(never)
  static func concurrency() {
    waitFor {
      let mailbox = Mailbox()
      for number in 0..<opaque(10) {
        _ = await mailbox.put(
          Message(id: UUID(), sent: .distantPast, text: "message \(number)", tags: [:])
        )
      }
      let (stream, continuation) = AsyncStream.makeStream(of: Listener.self)
      for _ in 0..<opaque(5) { continuation.yield(Listener()) }
      continuation.finish()
      var sum = 0
      for await listener in stream { sum += 1 + listener.received }
      print(sum)
    }
    Census.waitUntilGone(Mailbox.self)
    waitUntilSignalled { isReady in
      let listener = Listener()
      Task.detached {
        isReady()
        try? await Task.sleep(for: .seconds(3_600))
        listener.received += 1
      }
    }
  }
}
