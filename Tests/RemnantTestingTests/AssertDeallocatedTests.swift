import RemnantTesting
import Testing
import WeakReferences
import XCTest

final class Node {
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

  @Test("passes what dies by the end of a test with the trait", .leakTracking)
  func trait() {
    trackForMemoryLeaks(Node())
    assertDeallocated { Node() }
  }
}

final class XCTestLeakTests: XCTestCase {
  func testClean() { trackForMemoryLeaks(Node()) }
}
