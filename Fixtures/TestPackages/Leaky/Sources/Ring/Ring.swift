/// Holds another one, and so on.
public final class Link: @unchecked Sendable {
  /// The one that it holds.
  public var next: Link?

  /// Holds none yet.
  public init() {}
}

/// Two objects that hold each other.
public func makeRing() -> Link {
  let link = Link()
  link.next = Link()
  link.next?.next = link
  return link
}

/// Makes a ring where no caller is on the call stack.
public actor Maker {
  /// Has made none yet.
  public init() {}

  /// Leaves a ticket behind.
  public func make() async {
    await Task.yield()
    _ = Ticket()
  }

  /// Leaves a ring behind, too, made where no caller is on the call stack.
  public func makeRingElsewhere() async {
    await Task.yield()
    _ = makeRing()
  }
}

/// Holds itself.
private final class Ticket: @unchecked Sendable {
  var own: Ticket?

  init() { own = self }
}
