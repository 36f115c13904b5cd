import RemnantTesting
import Synchronization
import Testing
import WeakReferences

private final class Player: @unchecked Sendable {
  func play() {}
}

/// What can hold an object past its scope without being a leak: the page `WhatHoldsAnObject` shows these.
@Suite("What holds an object") struct HoldingTests {
  /// What a check of what is held says; a check that passes fails the test.
  private func expectHeld(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async -> Void
  ) async {
    await withKnownIssue(sourceLocation: sourceLocation) {
      await body()
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("outlived the scope") }
    }
  }

  @Test("a variable of the test lives to the end of its block in a debug build")
  func variable() async {
    await expectHeld {
      // example: variable, held
      let player = Player()
      withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(player) }
      player.play()
      // end
    }
    func pass() {
      // example: variable, free
      withLeakTracking {
        let player = trackForMemoryLeaks(Player())
        player.play()
      }
      // end
    }
    pass()
  }

  @Test("what a defer statement needs lives until it runs")
  func deferred() async {
    await expectHeld {
      // example: defer, held
      let player = Player()
      defer { player.play() }
      withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(player) }
      // end
    }
    func pass() {
      // example: defer, free
      withLeakTracking {
        let player = trackForMemoryLeaks(Player())
        defer { player.play() }
        player.play()
      }
      // end
    }
    pass()
  }

  @Test("a closure that is kept holds what it captures, an autoclosure too")
  func autoclosure() async {
    await expectHeld {
      // example: autoclosure, held
      let log = Log()
      withLeakTracking(within: .zero) {
        let player = trackForMemoryLeaks(Player())
        log.add("\(player)")
      }
      log.flush()
      // end
    }
    func pass() {
      // example: autoclosure, free
      let log = Log()
      withLeakTracking {
        let player = trackForMemoryLeaks(Player())
        log.add("\(player)")
        log.flush()
      }
      // end
    }
    pass()
  }

  @Test("a task-local value lives as long as its binding, and the tasks that inherited it")
  func taskLocal() async {
    await expectHeld {
      // example: task local, held
      Log.$current.withValue(Player()) {
        withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(Log.current!) }
      }
      // end
    }
    // example: task local, free
    await withLeakTracking {
      await Log.$current.withValue(trackForMemoryLeaks(Player())) { await Task.yield() }
    }
    // end
  }

  // example: arguments, held
  @Test(arguments: [Player()])
  fileprivate func argument(player: Player) async {
    // end
    await expectHeld {
      withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(player) }
    }
  }

  // example: arguments, free
  @Test(arguments: [1, 2])
  func number(count: Int) {
    withLeakTracking {
      for _ in 0..<count { trackForMemoryLeaks(Player()).play() }
    }
  }
  // end
}

/// Formats its messages when it is flushed.
private final class Log {
  @TaskLocal static var current: Player?
  private var messages: [() -> String] = []

  func add(_ message: @autoclosure @escaping () -> String) { messages.append(message) }

  func flush() {
    for message in messages { _ = message() }
    messages = []
  }
}
