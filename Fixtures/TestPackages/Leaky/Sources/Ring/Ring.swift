/// Holds another one, and so on.
public final class Link: @unchecked Sendable {
  public var next: Link?

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
  public init() {}

  public func make() async {
    await Task.yield()
    _ = Ticket()
  }
}

/// Holds itself.
private final class Ticket: @unchecked Sendable {
  var own: Ticket?

  init() { own = self }
}
