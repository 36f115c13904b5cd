import Dispatch
import Foundation
import RemnantTesting
import Testing
import WeakReferences
import XCTest

final class Node: @unchecked Sendable {
  var next: Node?
}

@Suite("assertDeallocated") struct AssertDeallocatedTests {
  @Test("passes where the object dies")
  func clean() { assertDeallocated { Node() } }

  @Test("fails where it is in a cycle")
  func cycle() {
    var reference: WeakRef<Node>?
    withKnownIssue {
      assertDeallocated(within: .milliseconds(10)) {
        let node = Node()
        node.next = node
        reference = WeakRef(node)
        return node
      }
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("Node is alive after") }
    }
    reference?.object?.next = nil
  }

  /// As many as there may be threads for tasks, and more: each blocks its own while it takes its picture.
  @Test("pictures of asynchronous checks that fail keep no task from releasing its object")
  func pictures() async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          await withKnownIssue {
            await assertDeallocated(within: .milliseconds(10)) {
              let node = Node()
              node.next = node
              return node
            }
          }
        }
      }
      for _ in 0..<20 {
        group.addTask {
          await assertDeallocated {
            let node = Node()
            Task {
              try? await Task.sleep(for: .milliseconds(20))
              withExtendedLifetime(node) {}
            }
            return node
          }
          try? await Task.sleep(for: .milliseconds(100))
        }
      }
    }
  }

  /// A task that came before waits behind what blocks the pool; a synchronous check gives those that come after it,
  /// such as the end of the time, threads of their own.
  @Test("time in which all threads of the pool are blocked doesn't count")
  func blockedPool() async {
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount + 1 {
      Task { sleepOnThread() }
    }
    let (other, isChecking) = (Holder(Node()), DispatchSemaphore(value: 0))
    await assertDeallocated(within: .milliseconds(10)) {
      let node = Node()
      Task { withExtendedLifetime(node) {} }
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          assertDeallocated(within: .seconds(60)) {
            continuation.resume()
            return other.node ?? Node()
          }
          isChecking.signal()
        }
      }
      return node
    }
    other.node = nil
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        isChecking.wait()
        continuation.resume()
      }
    }
  }

  private final class Holder: @unchecked Sendable {
    var node: Node?
    init(_ node: Node) { self.node = node }
  }

  private func sleepOnThread() { Thread.sleep(forTimeInterval: 2) }

  @Test("passes what dies by the end of a test with the trait", .leakTracking)
  func trait() {
    trackForMemoryLeaks(Node())
    assertDeallocated { Node() }
  }
}

final class XCTestLeakTests: XCTestCase {
  func testClean() { trackForMemoryLeaks(Node()) }
}
