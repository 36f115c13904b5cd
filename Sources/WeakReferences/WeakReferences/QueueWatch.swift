/// The watch is the queue's node as well: a death allocates nothing.
final class QueueWatch<Element: Sendable>: CancellableWatch, @unchecked Sendable {
  let element: Element
  private let pending: PendingDeaths<Element>
  /// Belongs to the queue's lock.
  var next: QueueWatch?

  init(_ element: Element, pending: PendingDeaths<Element>, tokens: [CancelToken]) {
    self.element = element
    self.pending = pending
    super.init(tokens: tokens)
  }

  override func run() { pending.push(self) }
}
