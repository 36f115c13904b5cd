import Foundation
import Testing
import WeakReferences

/// What surprises people in other weak-reference libraries, and what becomes of it here.
///
/// One test for each section of `Pitfalls.md`.
@Suite("Pitfalls, as the documentation has them", .serialized) struct PitfallExamples {
  @Test("What nothing keeps is gone at once")
  func shortLived() {
    let cache = WeakValueDictionary<String, Item>()
    cache["lost"] = Item()
    settle()
    #expect(cache["lost"] == nil)
    #expect(cache.count == 0)
    let kept = cache.value(forKey: "kept") { Item(1) }
    #expect(cache["kept"] === kept)
  }

  @Test("A callback runs at the death, before the object's own deinit")
  func timing() {
    let log = Log<String>()
    final class Session {
      let log: Log<String>
      init(_ log: Log<String>) { self.log = log }
      deinit { log.append("deinit") }
    }
    var session: Session? = Session(log)
    let reference = session.map { WeakRef($0) { _ in log.append("callback") } }
    log.append("release")
    session = nil
    settle()
    log.append("after")
    if WeakReferences.isLazy {
      #expect(Set(log.all) == ["release", "deinit", "callback", "after"])
    } else {
      #expect(log.all == ["release", "callback", "deinit", "after"])
    }
    withExtendedLifetime(reference) {}
  }

  @Test("A bound method keeps its object; a weak method doesn't")
  func boundMethods() {
    final class Button {
      func press() -> Int { 4 }
    }
    var button: Button? = Button()
    let method = button.map { WeakMethod($0, Button.press) }
    #expect(method?()?() == 4)
    button = nil
    #expect(method?() == nil)
  }

  @Test("References to dead objects stay as different as the objects were")
  func comparing() {
    var references: Set<WeakRef<Item>> = []
    for number in 0..<1000 {
      // Most of them lie at the same address, one after the other.
      let item = Item(number)
      references.insert(WeakRef(item))
      references.insert(WeakRef(item))
    }
    settle()
    #expect(references.count == 1000)
    #expect(references.allSatisfy { !$0.isAlive })
  }

  @Test("A value that refers to its key keeps the entry forever")
  func valueOwnsKey() {
    final class Session {
      var owner: AnyObject?
    }
    let deaths = Counter()
    let sessions = WeakKeyDictionary<Item, Session>()
    var item: Item? = Item()
    let watch = item.map { WeakRef($0) { _ in deaths.increment() } }
    if let item { sessions[item] = Session() }
    if let item { sessions[item]?.owner = item }
    item = nil
    settle()
    #expect(deaths.value == 0 && sessions.count == 1)
    // The owner's own way out.
    for (_, session) in sessions { session.owner = nil }
    settle()
    #expect(deaths.value == 1 && sessions.count == 0)
    withExtendedLifetime(watch) {}
  }

  @Test("A finalizer that captures its object says so when it is created")
  func finalizerOwnsObject() {
    final class Connection: Sendable {
      func close() {}
    }
    let connection = Connection()
    let wrong = Finalizer(for: connection) { connection.close() }
    #expect(wrong.keepsItsObjectAlive)
    let right = Finalizer(for: connection) {}
    #expect(!right.keepsItsObjectAlive)
    _ = wrong.detach()
    _ = right.detach()
  }

  @Test("An object known by a protocol goes in as AnyObject")
  func protocolTypes() {
    final class Reader: Subscriber {
      var updates = 0
      func update() { updates += 1 }
    }
    let newsroom = Newsroom()
    let reader = Reader()
    newsroom.add(reader)
    newsroom.add(Reader())
    newsroom.publish()
    #expect(reader.updates == 1)
    let reference = WeakRef<AnyObject>(reader as any Subscriber)
    #expect((reference.object as? any Subscriber) === reader)
  }

  @Test("A static constant must be safe for all threads")
  @MainActor func statics() {
    let (thumbnail, scanner) = (Thumbnail(), TextScanner())
    Thumbnail.all["cat"] = thumbnail
    TextScanner.idle.insert(scanner)
    #expect(Thumbnail.all["cat"] === thumbnail)
    #expect(TextScanner.idle.contains(scanner))
  }

  @Test("A proxy has the properties of its object, and not its methods")
  func methods() throws {
    let wallet = Wallet()
    #expect(try deposit(5, in: WeakProxy(wallet)) == 10)
  }

  @Test("A wait for a deallocation ends when the object is dying")
  func waiting() async {
    final class Session: @unchecked Sendable {
      let goOn: DispatchSemaphore
      init(_ goOn: DispatchSemaphore) { self.goOn = goOn }
      deinit { goOn.wait() }
    }
    let goOn = DispatchSemaphore(value: 0)
    let box = Box(Session(goOn))
    let reference = box.value.map { WeakRef($0) }
    let thread = Thread { box.value = nil }
    thread.start()
    // The `deinit` waits until this is over.
    #expect(await reference?.deallocation() == true)
    goOn.signal()
  }

  @Test("A callback may lock what the releasing thread holds: a queue waits instead")
  func deadlocks() async {
    let queue = DeathQueue<String>()
    var item: Item? = Item()
    if let item { queue.watch(item, as: "gone") }
    item = nil
    settle()
    let iterator = queue.makeAsyncIterator()
    #expect(await iterator.next() == "gone")
  }
}

// pitfall: An object known by a protocol goes in as AnyObject
protocol Subscriber: AnyObject {
  func update()
}

final class Newsroom {
  private let subscribers = WeakArray<AnyObject>()

  func add(_ subscriber: any Subscriber) {
    subscribers.append(subscriber)
  }

  func publish() {
    for case let subscriber as any Subscriber in subscribers {
      subscriber.update()
    }
  }
}
// end

// pitfall: A static constant must be safe for all threads
/// Used on the main actor alone: so may they be that are in it.
@MainActor final class Thumbnail {
  static let all = WeakValueDictionary<String, Thumbnail>()
  var isShown = false
}

/// Not safe for threads itself, and used by one queue.
final class TextScanner {
  nonisolated(unsafe) static let idle = WeakSet<TextScanner>()
  var position = 0
}
// end

// pitfall: A proxy has the properties of its object, and not its methods
func deposit(_ amount: Int, in wallet: WeakProxy<Wallet>) throws -> Int {
  try wallet.object.deposit(amount)
  try wallet.withObject { $0.deposit(amount) }
  return wallet.balance
}
// end

final class Wallet {
  private(set) var balance = 0
  func deposit(_ amount: Int) { balance += amount }
}
