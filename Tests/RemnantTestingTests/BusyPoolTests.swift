import Dispatch
import Foundation
import RemnantTesting
import TestSupport
import Testing

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_BUSY_POOL"] != nil

/// Checks while others need the threads that run tasks, which are as many as there are processors.
@Suite("Checks beside what blocks the pool") struct BusyPoolTests {
  /// In processes of their own: these would block other tests, and other tests them.
  @Test(
    "no object is called alive that only waits for a thread",
    arguments: ["snapshots", "blocked", "crowded"]
  )
  func waiting(cell: String) async throws {
    let run = try await Subprocess.run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter",
        "BusyPoolCells/\(cell)",
      ],
      environment: ["REMNANT_BUSY_POOL": "1"]
    )
    let isRun = run.transcript.contains("Test run with 1 test")
    #expect(isRun && run.exitStatus == 0, "\(run.transcript)")
    // Without threads of their own for what the checks wait for, it takes minutes, and ends in warnings: measured, twelve.
    #expect(!run.transcript.contains("undecided"), "\(run.transcript)")
  }
}

/// Run by `BusyPoolTests`.
@Suite(.enabled(if: isChosen)) struct BusyPoolCells {
  private final class Node: @unchecked Sendable {
    var next: Node?
  }

  /// Synchronous checks that fail block their threads while they take their snapshots.
  @Test func snapshots() async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask {
          await assertDeallocated {
            let node = Node()
            Task {
              await Task.yield()
              withExtendedLifetime(node) {}
            }
            return node
          }
        }
        group.addTask { passingCheck() }
        group.addTask {
          await Task.yield()
          failingCheck()
        }
      }
    }
  }

  private func passingCheck() {
    assertDeallocated {
      let node = Node()
      Task {
        try await Task.sleep(for: .milliseconds(20))
        withExtendedLifetime(node) {}
      }
      return node
    }
  }

  private func failingCheck() {
    withKnownIssue {
      assertDeallocated(within: .zero) {
        let node = Node()
        node.next = node
        return node
      }
    }
  }

  /// A task that was ready before waits behind what blocks the pool, while a synchronous check gives threads of their
  /// own to those that come after it, such as the end of the time.
  @Test func blocked() async {
    for _ in 0...ProcessInfo.processInfo.activeProcessorCount {
      Task { sleepOnThread() }
    }
    let (other, isOver) = (Holder(Node()), DispatchSemaphore(value: 0))
    await assertDeallocated(within: .milliseconds(10)) {
      let node = Node()
      Task { withExtendedLifetime(node) {} }
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          assertDeallocated(within: .seconds(60)) {
            continuation.resume()
            return other.node ?? Node()
          }
          isOver.signal()
        }
      }
      return node
    }
    other.node = nil
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        isOver.wait()
        continuation.resume()
      }
    }
  }

  /// What others make ready meanwhile takes no thread from the check's own task.
  @Test func crowded() {
    let isCrowded = DispatchSemaphore(value: 0)
    assertDeallocated {
      Thread.detachNewThread {
        for _ in 0..<12 { Task.detached { sleepOnThread() } }
        isCrowded.signal()
      }
      isCrowded.wait()
      let node = Node()
      Task {
        try await Task.sleep(for: .milliseconds(20))
        await Task { withExtendedLifetime(node) {} }.value
      }
      return node
    }
  }

  private final class Holder: @unchecked Sendable {
    var node: Node?
    init(_ node: Node) { self.node = node }
  }

  private func sleepOnThread() { Thread.sleep(forTimeInterval: 2) }
}
