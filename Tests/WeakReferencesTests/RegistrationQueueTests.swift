import Testing

@testable import WeakReferences

/// Deaths of which a queue hears while it is released.
@Suite struct RegistrationQueueTests {
  @Test("what a handler brings to a queue that is gone isn't kept")
  func tooLate() {
    let element: WeakRef<Item>
    do {
      let item = Item()
      element = WeakRef(item)
      let pending = PendingDeaths<Item>()
      // Its handler had started when the queue was released.
      let watch = QueueWatch(item, pending: pending, tokens: [])
      pending.close()
      pending.push(watch)
    }
    settle()
    #expect(!element.isAlive)
  }

  @Test("what a handler brings to a queue that is finished can be polled")
  func afterTheEnd() {
    let pending = PendingDeaths<Item>()
    pending.finish()
    pending.push(QueueWatch(Item(7), pending: pending, tokens: []))
    #expect(pending.pop()?.element.number == 7)
  }
}
