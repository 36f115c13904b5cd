import Glibc
import Synchronization

/// Counts how many objects of each class are alive: what a scenario says about itself.
enum Census {
  /// By type name, so that the census itself names no object.
  private static let counts = Mutex<[String: Int]>([:])

  /// Every initializer of a scenario's class calls this.
  static func born(_ type: AnyObject.Type) { add(1, to: type) }

  /// Every deinitializer of a scenario's class calls this.
  static func died(_ type: AnyObject.Type) { add(-1, to: type) }

  private static func add(_ change: Int, to type: AnyObject.Type) {
    let name = String(reflecting: type)
    counts.withLock { $0[name, default: 0] += change }
  }

  /// Waits for deaths that another thread brings about after the work is done.
  ///
  /// A thread of the concurrency runtime lets go of a task or an actor a moment after it has ended.
  static func waitUntilGone(_ type: AnyObject.Type) {
    let name = String(reflecting: type)
    while counts.withLock({ $0[name, default: 0] }) > 0 { usleep(100) }
  }

  /// The truth as one line of JSON, the last one that a scenario prints.
  static func line(scenario: String) -> String {
    let alive = counts.withLock { $0 }
      .filter { $0.value != 0 }
      .sorted { $0.key < $1.key }
      .map { "\"\($0.key)\":\($0.value)" }
      .joined(separator: ",")
    return "{\"scenario\":\"\(scenario)\",\"alive\":{\(alive)}}"
  }
}
