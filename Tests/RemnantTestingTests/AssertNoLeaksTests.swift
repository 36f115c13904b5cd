import Foundation
import RemnantTesting
import Synchronization
import Testing
import WeakReferences

private final class Link: @unchecked Sendable {
  var next: Link?
}

private final class Cache: @unchecked Sendable {
  nonisolated(unsafe) static var entries: [Link] = []
  /// To break what a test leaks.
  static let ring = Mutex<WeakRef<Link>?>(nil)
}

@Suite("assertNoLeaks") struct AssertNoLeaksTests {
  /// Leaks, until the ring is broken through the reference.
  @discardableResult
  @inline(never) private func makeRing() -> WeakRef<Link> {
    let link = Link()
    link.next = Link()
    link.next?.next = link
    return WeakRef(link)
  }

  @Test("passes where everything dies, and returns what the body returns")
  func clean() {
    let sum = assertNoLeaks {
      let links = (0..<100).map { _ in Link() }
      return links.count
    }
    #expect(sum == 100)
  }

  @Test("passes where a global keeps what the body made")
  func held() {
    assertNoLeaks { Cache.entries.append(Link()) }
    Cache.entries = []
  }

  @Test("passes where the result is what the body made")
  func result() {
    let link = assertNoLeaks { Link() }
    #expect(link.next == nil)
  }

  @Test("fails where the body leaves a cycle behind, and says how to break it")
  func cycle() {
    var ring: WeakRef<Link>?
    withKnownIssue {
      ring = assertNoLeaks { makeRing() }
    } matching: { issue in
      issue.comments.contains {
        $0.rawValue.contains("retain cycle") && $0.rawValue.contains("Link")
          && $0.rawValue.contains("next")
      }
    }
    ring?.object?.next = nil
  }

  @Test("fails where a retain has no release")
  func retain() {
    var references: [WeakRef<Link>] = []
    withKnownIssue {
      // Several: a stale word on some thread's stack can still name the latest.
      references = assertNoLeaks {
        (0..<5).map { _ in WeakRef(Unmanaged.passRetained(Link()).takeUnretainedValue()) }
      }
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("unbalanced retain") }
    }
    for link in references.compactMap(\.object) { Unmanaged.passUnretained(link).release() }
  }

  @Test("sees what child tasks and suspended functions allocate")
  func tasks() async {
    await withKnownIssue {
      await assertNoLeaks {
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            await Task.yield()
            let made = makeRing()
            Cache.ring.withLock { $0 = made }
          }
        }
      }
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("retain cycle") }
    }
    Cache.ring.withLock { $0 }?.object?.next = nil
  }

  @Test("passes where suspended functions hold what the bodies made")
  func suspended() async {
    await withTaskGroup(of: Int.self) { group in
      for number in 0..<4 {
        group.addTask {
          let links = await self.links(number)
          return links.count
        }
      }
      for await count in group { #expect(count == 3) }
    }
  }

  private func links(_ number: Int) async -> [Link] {
    let own = Link()
    async let child = assertNoLeaks {
      await Task.yield()
      let link = Link()
      let (opened, open) = AsyncStream<Link>.makeStream()
      open.yield(link)
      let waiting = Task {
        for await _ in opened where number < 0 {}
        return link
      }
      return (link, open, waiting)
    }
    let (link, open, waiting) = await child
    open.finish()
    return await [own, link, waiting.value]
  }

  @Test("doesn't see what other tests leak")
  func others() async {
    let other = Task.detached { makeRing() }
    await assertNoLeaks { _ = Link() }
    await other.value.object?.next = nil
  }

  @Test("what Foundation never frees is nobody's leak")
  func foundation() {
    assertNoLeaks {
      Timer(timeInterval: 1, repeats: false) { _ in }.invalidate()
      for _ in 0..<5 { _ = NSAttributedString(string: "text") }
    }
  }
}
