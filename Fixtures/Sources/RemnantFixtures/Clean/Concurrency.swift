/// Child tasks that have ended: `async let` and a task group.
enum FinishedTasks: Scenario {
  static var name: String { "finished-tasks" }

  final class Payload: Sendable {
    let number: Int

    init(_ number: Int) {
      self.number = number
      Census.born(Payload.self)
    }

    deinit { Census.died(Payload.self) }
  }

  @inline(never)
  static func double(_ payload: Payload) async -> Payload {
    await Task.yield()
    publish(payload)
    return Payload(payload.number * 2)
  }

  @inline(never)
  static func run() {
    waitFor {
      async let first = double(Payload(1))
      async let second = double(Payload(2))
      let sum = await first.number + second.number
      let total = await withTaskGroup(of: Payload.self) { group in
        for number in 0..<opaque(20) { group.addTask { await double(Payload(number)) } }
        var total = 0
        for await payload in group { total += payload.number }
        return total
      }
      print(sum + total)
    }
    Census.waitUntilGone(Payload.self)
  }
}

/// A suspended task that holds objects, and whose continuation a global holds.
enum SuspendedTask: Scenario {
  static var name: String { "suspended-task" }

  final class Request: @unchecked Sendable {
    var answer = 0
    init() { Census.born(Request.self) }
    deinit { Census.died(Request.self) }
  }

  nonisolated(unsafe) static var continuation: CheckedContinuation<Int, Never>?

  @inline(never)
  static func ask(_ request: Request, isReady: @escaping @Sendable () -> Void) async {
    let answer = await withCheckedContinuation {
      continuation = $0
      isReady()
    }
    // After the await, so that the task needs the request while it is suspended.
    request.answer = answer
    publish(request)
  }

  @inline(never)
  static func run() {
    waitUntilSignalled { isReady in
      Task.detached {
        let request = Request()
        publish(request)
        await ask(request, isReady: isReady)
      }
    }
  }
}

/// A task that sleeps for longer than the program runs.
enum SleepingTask: Scenario {
  static var name: String { "sleeping-task" }

  final class Alarm: @unchecked Sendable {
    var rings = 0
    init() { Census.born(Alarm.self) }
    deinit { Census.died(Alarm.self) }
  }

  @inline(never)
  static func run() {
    waitUntilSignalled { isReady in
      Task.detached {
        let alarm = Alarm()
        publish(alarm)
        isReady()
        try? await Task.sleep(for: .seconds(3_600))
        alarm.rings += 1
        publish(alarm)
      }
    }
  }
}
