internal import Remnant

/// What a failure says of the objects that are still alive.
struct SurvivorReport {
  let survivors: [Survivor]

  /// How many are told of one by one.
  private static let limit = 10

  var message: String {
    let count = survivors.count
    var lines = ["\(count == 1 ? "an object" : "\(count) objects") outlived the scope:"]
    for survivor in survivors.prefix(Self.limit) {
      lines.append("  \(survivor)")
      if let place = place(of: survivor) { lines.append("    tracked in \(place)") }
    }
    if count > Self.limit { lines.append("  and \(count - Self.limit) more") }
    return lines.joined(separator: "\n")
  }

  /// The innermost frame that is the user's.
  private func place(of survivor: Survivor) -> String? {
    survivor.trackedAt.frames().first { frame in
      !frame.isLibraryFrame && frame.file.map { !Self.isOwn($0) } ?? false
    }?.description
  }

  private static func isOwn(_ file: String) -> Bool {
    file.contains("/Sources/Remnant/") || file.contains("/Sources/RemnantTesting/")
      || file.contains("/Sources/CUnwind/")
  }
}
