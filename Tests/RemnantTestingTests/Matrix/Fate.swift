import Dispatch
import Foundation
import Synchronization

/// What becomes of an object of the matrix.
enum Fate: String, CaseIterable, Sendable {
  case clean, cycle, global, late
  /// Released by a task, which needs a thread of the pool that the checks may all be waiting on.
  case lateInTask
  /// Released by the main queue, which other work may have.
  case lateOnMainQueue

  /// Whether the cells are to run: only where `MatrixTests` runs them, and knows what they are to say.
  static let isChosen = ProcessInfo.processInfo.environment["REMNANT_MATRIX"] != nil

  /// Every fate in turn, as often as `REMNANT_REPETITIONS` says.
  static var all: [Fate] {
    BusyMainQueue.begin
    let text = ProcessInfo.processInfo.environment["REMNANT_REPETITIONS"] ?? ""
    return (0..<(Int(text) ?? 1)).flatMap { _ in allCases }
  }

  @inline(never) func make() -> Cell {
    let cell = Cell()
    switch self {
    case .clean: break
    case .cycle: cell.own = cell
    case .global: Registry.add(cell)
    case .late:
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.03) {
        withExtendedLifetime(cell) {}
      }
    case .lateOnMainQueue:
      DispatchQueue.main.async { withExtendedLifetime(cell) {} }
    case .lateInTask:
      Task {
        try? await Task.sleep(for: .milliseconds(20))
        withExtendedLifetime(cell) {}
      }
    }
    return cell
  }

  func makeLater() async -> Cell {
    await Task.yield()
    return make()
  }

  func makeOrThrow() throws -> Cell { make() }
}

final class Cell: @unchecked Sendable {
  var own: Cell?
}

enum Registry {
  private static let cells = Mutex<[Cell]>([])

  static func add(_ cell: Cell) { cells.withLock { $0.append(cell) } }
}

/// Where the actor's cells are made.
actor Worker {
  func work<Result: Sendable>(_ body: @Sendable () -> Result) -> Result { body() }
}

/// Other work that the main queue always has.
enum BusyMainQueue {
  private static let isChosen =
    ProcessInfo.processInfo.environment["REMNANT_MATRIX"] == "main queue busy"

  /// Begins with it, where that is chosen.
  static let begin: Void = {
    guard isChosen else { return }
    let room = DispatchSemaphore(value: 4)
    Thread.detachNewThread {
      while true {
        room.wait()
        DispatchQueue.main.async {
          usleep(15_000)
          room.signal()
        }
      }
    }
  }()
}
