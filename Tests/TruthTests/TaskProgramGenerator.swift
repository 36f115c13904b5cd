import TestSupport

/// Writes a random Swift program of tasks, streams, groups, and continuations that knows by itself what it leaks.
///
/// Each of its tasks keeps an object while it waits, and what it waits for is lost, kept in a global, or comes at once.
/// What is lost leaks the object, unless a global has the task's handle; what is kept holds it.
struct TaskProgramGenerator: ProgramSource {
  /// What may become of what a task waits for.
  enum Fates: String, CaseIterable {
    case lostOrEnded, keptOrEnded, any
  }

  let seed: UInt64
  let fates: Fates
  let taskCount = 60
  let classCount = 6

  func source() -> String {
    var generator = SplitMix64(state: seed)
    let classes = (0..<classCount).map { "final class T\($0): Unit, @unchecked Sendable {}" }
    let makers = (0..<classCount).map { "  case \($0): T\($0)(type: \($0))" }
    let starts = (0..<taskCount).map { _ in
      let type = Int.random(in: 0..<classCount, using: &generator)
      let wait = Int.random(in: 0..<10, using: &generator)
      let fate =
        switch fates {
        case .lostOrEnded: generator.isOne(of: 2) ? 0 : 2
        case .keptOrEnded: Int.random(in: 1...2, using: &generator)
        case .any: Int.random(in: 0...2, using: &generator)
        }
      let holder = Int.random(in: 0..<3, using: &generator)
      return
        "start(type: \(type), wait: \(wait), fate: \(fate), holder: \(holder), keepsHandle: \(fates != .lostOrEnded && generator.isOne(of: 5)))"
    }
    return """
      // Tasks \(seed), \(fates.rawValue).
      \(Self.units)
      \(classes.joined(separator: "\n"))
      let typeCount = \(classCount)
      let typeNames = [\((0..<classCount).map { "String(reflecting: T\($0).self)" }.joined(separator: ", "))]
      func make(_ type: Int) -> Unit {
        switch type {
      \(makers.joined(separator: "\n"))
        default: fatalError("there is no type \\(type)")
        }
      }
      \(Self.waits)
      \(starts.joined(separator: "\n"))
      \(Self.end)
      \(generator.isOne(of: 2) ? "exit(0)" : "")
      """
  }

  private static let units = """
    import Glibc
    nonisolated(unsafe) var mutex = pthread_mutex_t()
    pthread_mutex_init(&mutex, nil)
    func locked<Result>(_ body: () -> Result) -> Result {
      pthread_mutex_lock(&mutex)
      defer { pthread_mutex_unlock(&mutex) }
      return body()
    }
    nonisolated(unsafe) var alive = [Int](repeating: 0, count: 100)
    nonisolated(unsafe) var arrived = 0
    class Unit: @unchecked Sendable {
      var task: Task<Void, Never>?
      var number = 0
      let type: Int
      init(type: Int) {
        self.type = type
        locked { alive[type] += 1 }
      }
      deinit { locked { alive[type] -= 1 } }
      func run(_ wait: Int, _ fate: Int) async {
        await waiting(wait, fate)
        number += 1
      }
    }
    """

  private static let waits = """
    nonisolated(unsafe) var checked: [CheckedContinuation<Int, Never>] = []
    nonisolated(unsafe) var failing: [CheckedContinuation<Int, any Error>] = []
    nonisolated(unsafe) var unchecked: [UnsafeContinuation<Int, Never>] = []
    nonisolated(unsafe) var taps: [AsyncStream<Int>.Continuation] = []
    nonisolated(unsafe) var failingTaps: [AsyncThrowingStream<Int, any Error>.Continuation] = []
    nonisolated(unsafe) var handles: [Task<Void, Never>] = []
    let lost = 0, kept = 1

    @inline(never) func waiting(_ wait: Int, _ fate: Int) async {
      switch wait {
      case 0:
        _ = await withCheckedContinuation { continuation in
          locked { arrived += 1; if fate == kept { checked.append(continuation) } }
          if fate > kept { continuation.resume(returning: 1) }
        }
      case 1:
        _ = await withUnsafeContinuation { continuation in
          locked { arrived += 1; if fate == kept { unchecked.append(continuation) } }
          if fate > kept { continuation.resume(returning: 1) }
        }
      case 2:
        _ = try? await withCheckedThrowingContinuation { continuation in
          locked { arrived += 1; if fate == kept { failing.append(continuation) } }
          if fate > kept { continuation.resume(returning: 1) }
        }
      case 3:
        let (stream, tap) = AsyncStream.makeStream(of: Int.self)
        locked { arrived += 1; if fate == kept { taps.append(tap) } }
        tap.yield(1)
        if fate > kept { tap.finish() }
        for await _ in stream {}
      case 4:
        let (stream, tap) = AsyncThrowingStream.makeStream(of: Int.self)
        locked { arrived += 1; if fate == kept { failingTaps.append(tap) } }
        if fate > kept { tap.finish() }
        do { for try await _ in stream {} } catch {}
      case 5:
        await withTaskGroup(of: Int.self) { group in
          group.addTask { await waiting(1, fate); return 1 }
          group.addTask { 2 }
          for await _ in group {}
        }
      case 6:
        async let first: Void = waiting(1, fate)
        async let second = 2
        _ = await (first, second)
      case 7:
        let inner = Task { await waiting(0, fate) }
        await inner.value
      case 8:
        await withTaskCancellationHandler { await waiting(2, fate) } onCancel: {}
      default:
        if fate == lost { return await waiting(1, fate) }
        locked { arrived += 1 }
        try? await Task.sleep(for: fate == kept ? .seconds(3_600) : .milliseconds(1))
      }
    }

    nonisolated(unsafe) var leaked = [Int](repeating: 0, count: typeCount)
    nonisolated(unsafe) var held = leaked
    nonisolated(unsafe) var started = 0

    @inline(never) func start(type: Int, wait: Int, fate: Int, holder: Int, keepsHandle: Bool) {
      let unit = make(type)
      let task: Task<Void, Never>
      switch holder {
      case 0:
        task = Task {
          await waiting(wait, fate)
          unit.number += 1
        }
      case 1:
        task = Task {
          await waiting(wait, fate)
          unit.number += 1
        }
        unit.task = task
      default:
        task = Task { await unit.run(wait, fate) }
        unit.task = task
      }
      if keepsHandle { locked { handles.append(task) } }
      started += 1
      if fate == kept || (fate == lost && keepsHandle) { held[type] += 1 }
      if fate == lost && !keepsHandle { leaked[type] += 1 }
    }
    """

  private static let end = """
    func isSettled() -> Bool {
      locked {
        arrived >= started && (0..<typeCount).allSatisfy { alive[$0] == leaked[$0] + held[$0] }
      }
    }
    for _ in 0..<10_000 where !isSettled() { usleep(2_000) }
    // The last ones have announced that they will wait.
    usleep(200_000)
    guard isSettled() else {
      print("arrived", arrived, "of", started, "alive", alive[..<typeCount], "leaked", leaked, "held", held)
      exit(99)
    }
    func dictionary(_ counts: [Int]) -> String {
      let entries = counts.indices.filter { counts[$0] > 0 }.map { "\\"\\(typeNames[$0])\\":\\(counts[$0])" }
      return "{" + entries.joined(separator: ",") + "}"
    }
    print("{\\"leaked\\":\\(dictionary(leaked)),\\"held\\":\\(dictionary(held))}")
    """
}
