import Synchronization

/// What is alive, counted by the programs' own classes: the truth that a report must match.
///
/// Every class calls `born` in its `init` and `died` in its `deinit`. No address is kept.
public enum Census {
  private static let alive = Mutex<[String: Int]>([:])

  /// Counts the birth of an object.
  public static func born(_ object: AnyObject) {
    count(object, 1)
  }

  /// Counts the death of an object.
  public static func died(_ object: AnyObject) {
    count(object, -1)
  }

  /// Prints one line of JSON: how many objects of each class are alive, where any are.
  public static func report() {
    let living = alive.withLock { $0.filter { $0.value != 0 } }
    let entries = living.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
    print("{\(entries.joined(separator: ","))}")
  }

  private static func count(_ object: AnyObject, _ change: Int) {
    let name = String(reflecting: type(of: object))
    alive.withLock { $0[name, default: 0] += change }
  }
}
