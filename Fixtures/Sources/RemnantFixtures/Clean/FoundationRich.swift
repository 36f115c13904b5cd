import Dispatch
import Foundation

/// A program that uses much of Foundation, with something in flight of every kind.
enum FoundationRich {
  struct Profile: Codable {
    var id = UUID()
    var name: String
    var joined: Date
    var tags: [String: [Int]]
    var homepage: URL?
  }

  final class Avatar {
    let pixels = [UInt32](repeating: 1, count: 256)

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Listener: @unchecked Sendable {
    var heard = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  actor Counter {
    var value = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func increment() { value += 1 }
  }

  final class Widget {
    var value: Int

    init(value: Int) {
      self.value = value
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static let avatars = NSCache<NSString, Avatar>()
  nonisolated(unsafe) static var formatter = DateFormatter()
  nonisolated(unsafe) static var expression: NSRegularExpression?
  nonisolated(unsafe) static var profiles: [Profile] = []
  nonisolated(unsafe) static var closures: [() -> Int] = []
  nonisolated(unsafe) static var counter = Counter()
  nonisolated(unsafe) static var stream: AsyncStream<Int>.Continuation?
  nonisolated(unsafe) static var token: (any NSObjectProtocol)?
  nonisolated(unsafe) static var bridged: NSDictionary = [:]

  @inline(never)
  static func code() throws {
    for number in 1...20 {
      profiles.append(
        Profile(
          name: "profile with a name of some length \(number)",
          joined: Date(timeIntervalSince1970: Double(number) * 86_400),
          tags: ["odd": [1, 3], "even": [2, number]],
          homepage: URL(string: "https://example.org/users/\(number)?q=1")
        )
      )
    }
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    profiles = try decoder.decode([Profile].self, from: encoder.encode(profiles))
    formatter.locale = Locale(identifier: "en_GB")
    formatter.timeZone = TimeZone(identifier: "Europe/Paris")
    formatter.dateFormat = "EEEE d MMMM yyyy"
    use(formatter.string(from: profiles[3].joined).count)
    expression = try NSRegularExpression(pattern: "(\\d+)-(\\w+)")
    let text = "12-abc 34-def"
    let range = NSRange(text.startIndex..., in: text)
    use(expression?.numberOfMatches(in: text, range: range) ?? 0)
    use(text.matches(of: /(\d+)-([a-z]+)/).count)
    use(NSString(string: text).components(separatedBy: " ").count)
    bridged = ["names": profiles.map(\.name), "count": profiles.count, "now": Date()]
    use((bridged["names"] as? [String])?.count ?? 0)
  }

  @inline(never)
  static func hold() {
    for number in 0..<10 { avatars.setObject(Avatar(), forKey: "avatar \(number)" as NSString) }
    for number in 0..<200 {
      let widget = Widget(value: number)
      closures.append { widget.value + number }
    }
    use(closures.reduce(0) { $0 + $1() })
    let listener = Listener()
    let name = Notification.Name("fixture")
    token = NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in
      listener.heard += 1
    }
    NotificationCenter.default.post(name: name, object: nil)
    let timed = Listener()
    let timer = Timer(timeInterval: 3_600, repeats: true) { _ in timed.heard += 1 }
    RunLoop.main.add(timer, forMode: .default)
    let queue = OperationQueue()
    queue.isSuspended = true
    let queued = Listener()
    queue.addOperation { queued.heard += 1 }
    heldQueue = queue
  }

  nonisolated(unsafe) static var heldQueue: OperationQueue?

  @inline(never)
  static func wait() {
    let started = DispatchSemaphore(value: 0)
    let sleeper = Listener()
    Task {
      started.signal()
      try? await Task.sleep(for: .seconds(3_600))
      sleeper.heard += 1
    }
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    FoundationRich.stream = continuation
    let consumer = Listener()
    Task {
      started.signal()
      for await value in stream { consumer.heard += value }
    }
    continuation.yield(1)
    let counter = counter
    runAsync { await counter.increment() }
    let posted = Listener()
    DispatchQueue.global().async {
      posted.heard += 1
      started.signal()
    }
    for _ in 1...3 { started.wait() }
  }

  @inline(never)
  static func run() {
    do { try code() } catch { complain("the fixture failed: \(error)") }
    hold()
    wait()
    // Five of the six: the one that was posted to a queue has been freed by then.
    settle { Census.alive(Listener.self) == 5 }
    settleSuspension()
    use((stream == nil ? 0 : 1) + (token == nil ? 0 : 1) + (heldQueue?.operationCount ?? 0))
  }
}

/// An object that only the default notification centre's block keeps: abandoned, and held.
enum DefaultCenter {
  final class Screen: @unchecked Sendable {
    var token: (any NSObjectProtocol)?
    var received = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func observe() {
      let name = Notification.Name("remnant-fixture")
      token = NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in
        self.received += 1
      }
      NotificationCenter.default.post(name: name, object: nil)
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 { Screen().observe() }
  }
}
