@testable import WeakReferences

/// A link of a chain in which each link is released by the deinit of the one before.
///
/// Each `Kind` is a class of its own: patching one leaves the others alone. Of a property of its own type the compiler
/// would make a loop, which goes nowhere deep.
private final class Link<Kind>: @unchecked Sendable {
  let number: Int
  let measure: Measure
  var next: AnyObject?

  init(_ number: Int, _ next: AnyObject?, _ measure: Measure) {
    self.number = number
    self.next = next
    self.measure = measure
  }

  deinit {
    measure.depth = max(measure.depth, number + 1)
    if stackAddress() < measure.limit {
      // The rest goes later, from a stack that is empty again.
      measure.rest = next
      next = nil
    }
  }

  /// How deep a teardown got, and where it has to stop.
  final class Measure {
    let limit: UInt
    var depth = 0
    var rest: AnyObject?
    init(limit: UInt) { self.limit = limit }
  }
}

/// How far the calling thread's stack reaches.
@inline(never)
private func stackAddress() -> UInt {
  var here: UInt8 = 0
  return withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
}

private enum Unpatched {}
private enum Patched {}
private enum Referenced {}

/// How many links of a chain one release takes along until the calling thread's stack is used up.
struct ChainDepths: Sendable {
  /// With classes that the library knows nothing of.
  let unpatched: Int
  /// With a patched class whose instances nobody refers to weakly.
  let patched: Int
  /// With a weak reference with a callback, and an entry of a container, for every link.
  let referenced: Int

  /// - Parameter stackSize: What the thread has; a quarter of it stays free, for callbacks.
  init(stackSize: Int) {
    unpatched = Self.depth(of: Unpatched.self, stackSize: stackSize) { _ in nil }
    let probe = Link<Patched>(0, nil, .init(limit: 0))
    let reference = WeakRef(probe)
    patched = Self.depth(of: Patched.self, stackSize: stackSize) { _ in nil }
    withExtendedLifetime(reference) {}
    // Callbacks look at the links that are in the middle of their teardown.
    let links = WeakValueDictionary<Int, Link<Referenced>>()
    referenced = Self.depth(of: Referenced.self, stackSize: stackSize) { link in
      links[link.number] = link
      return WeakRef(link) { [number = link.number] reference in
        precondition(reference.object == nil)
        for other in max(0, number - 3)...number {
          precondition(links[other] == nil)
        }
      }
    }
    precondition(links.isEmpty)
  }

  /// Whether the library costs no more than a tenth of the depth.
  var areAlike: Bool {
    patched * 10 >= unpatched * 9 && referenced * 10 >= unpatched * 9
  }

  /// Releases a chain of which each link has what `observe` makes of it.
  private static func depth<Kind>(
    of _: Kind.Type,
    stackSize: Int,
    observe: (Link<Kind>) -> AnyWeakRef?
  ) -> Int {
    let measure = Link<Kind>.Measure(limit: stackAddress() - UInt(stackSize / 4 * 3))
    var observers: [AnyWeakRef] = []
    // More than will fit: each has the frames of several functions.
    let count = stackSize / 64
    var first: Link<Kind>?
    for number in (0..<count).reversed() {
      let link = Link(number, first, measure)
      if let observer = observe(link) {
        observers.append(observer)
      }
      first = link
    }
    first = nil
    let depth = measure.depth
    precondition((1..<count).contains(depth))
    while let link = measure.rest as? Link<Kind> {
      measure.rest = link.next
      link.next = nil
    }
    settle()
    withExtendedLifetime(observers) {}
    return depth
  }
}
