import CCensus

/// What is alive, counted by the scenarios' own classes: the truth that a report must match.
///
/// Every class of a scenario calls `born` at the end of its `init` and `died` in its `deinit`. The
/// calls also publish the object: see `CCensus.h`.
enum Census {
  @inline(never)
  static func born(_ object: AnyObject) {
    count(object, 1)
  }

  @inline(never)
  static func died(_ object: AnyObject) {
    count(object, -1)
  }

  /// How many objects of exactly this class are alive.
  static func alive(_ type: AnyClass) -> Int {
    let address = unsafeBitCast(type, to: UnsafeRawPointer.self)
    for index in 0..<census_type_count() where census_type(index) == address {
      return census_alive(index)
    }
    return 0
  }

  /// Prints one line of JSON: the scenario, and how many objects of each of its classes are alive.
  static func report() {
    var lines: [String] = []
    for index in 0..<census_type_count() {
      guard let address = census_type(index) else { continue }
      let type: AnyClass = unsafeBitCast(address, to: AnyClass.self)
      lines.append("\"\(String(reflecting: type))\":\(census_alive(index))")
    }
    lines.sort()
    let scenario = CommandLine.arguments.dropFirst().first ?? ""
    print("{\"scenario\":\"\(scenario)\",\"alive\":{\(lines.joined(separator: ","))}}")
  }

  private static func count(_ object: AnyObject, _ change: Int) {
    // A class's metadata is the object that `type(of:)` returns: its address is the type's identity.
    let type = unsafeBitCast(type(of: object), to: UnsafeRawPointer.self)
    census_count(type, Unmanaged.passUnretained(object).toOpaque(), change)
  }
}
