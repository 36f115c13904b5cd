import Testing
import WeakReferences

// example: event bus
/// Calls observers in the order in which they came, and keeps none of them alive.
final class EventBus<Event: Sendable>: Sendable {
  private let observers = WeakArray<Observer<Event>>()

  func add(_ observer: Observer<Event>) { observers.append(observer) }

  /// Observers may come, go and die meanwhile.
  func send(_ event: Event) {
    for observer in observers { observer.receive(event) }
  }
}

/// Receives events for as long as it is kept.
final class Observer<Event: Sendable>: Sendable {
  let receive: @Sendable (Event) -> Void

  init(_ receive: @escaping @Sendable (Event) -> Void) { self.receive = receive }
}
// end

@Suite("An event bus, as the documentation has it", .serialized) struct EventBusExample {
  @Test("tells observers in order, until they die")
  func order() {
    let log = Log<String>()
    let bus = EventBus<Int>()
    var observers = ["a", "b", "c"].map { name in
      Observer<Int> { log.append("\(name)\($0)") }
    }
    for observer in observers { bus.add(observer) }
    bus.send(1)
    observers.remove(at: 1)
    settle()
    bus.send(2)
    observers.removeAll()
    settle()
    bus.send(3)
    #expect(log.all == ["a1", "b1", "c1", "a2", "c2"])
  }
}
