import Foundation
import Ring
import Testing

@Suite("Rings") struct RingSuite {
  @Test("nothing is left") func clean() { #expect(Link().next == nil) }

  @Test func retains() {
    _ = Unmanaged.passRetained(Link())
  }

  @Test(arguments: [1, 2, 3]) func numbers(_ number: Int) {
    if number == 2 { #expect(makeRing().next != nil) }
  }

  @Test(arguments: [Link(), Link()]) func objects(_ link: Link) { #expect(link.next == nil) }

  @Suite struct Nested {
    @Test func detached() async { await Maker().make() }

    /// The same leak as that of `numbers(_:)`, with no call stack that says whose.
    @Test func detachedToo() async { await Maker().makeRingElsewhere() }

    @Test func held() { Registry.links.append(Link()) }
  }
}

@Test func free() { #expect(Link().next == nil) }

private enum Registry {
  nonisolated(unsafe) static var links: [Link] = []
}

/// Only where a test of Remnant asks for it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["RING_END"] != nil)) struct Endings {
  @Test func ends() throws {
    switch ProcessInfo.processInfo.environment["RING_END"] {
    case "crash": fatalError("as it was asked to")
    case "exit": _exit(0)
    case "hang": while true { sleep(1) }
    default: #expect(Bool(false), "as it was asked to")
    }
  }
}
