internal import Foundation
internal import Remnant

/// Fails for the survivors that the current mode doesn't accept.
@_disfavoredOverload  // Async functions take the other.
func report(_ survivors: [Survivor], at site: CallSite) {
  guard let survivors = unaccepted(survivors, at: site),
    let text = SurvivorReport(survivors, LeakCheckMode.current)
  else { return }
  TestFailure.recordLeak(text.message, at: site, attaching: text.attachments)
}

/// The same, and lets others have the thread while the picture is taken.
nonisolated(nonsending) func report(_ survivors: [Survivor], at site: CallSite) async {
  guard let survivors = unaccepted(survivors, at: site) else { return }
  let mode = LeakCheckMode.current
  guard let text = await onPictureThread({ SurvivorReport(survivors, mode) }) else { return }
  TestFailure.recordLeak(text.message, at: site, attaching: text.attachments)
}

/// Nil where none are left, or nothing is to be checked.
private func unaccepted(_ survivors: [Survivor], at site: CallSite) -> [Survivor]? {
  var survivors = survivors
  if case .ignore(let types) = LeakCheckMode.current.action {
    survivors.removeAll { types.contains($0.type) }
  }
  return survivors.isEmpty || !LeakCheckMode.isActive(at: site) ? nil : survivors
}

/// Runs what takes a picture, a second or more, on a thread that tasks don't need.
///
/// There are as many threads for tasks as processors, and what an object waits for may need one.
nonisolated(nonsending) func onPictureThread<Result: Sendable>(
  _ work: @escaping @Sendable () -> Result
) async -> Result {
  await withCheckedContinuation { continuation in
    pictureQueue.async { continuation.resume(returning: work()) }
  }
}

// Pictures are taken in turn anyway. A serial queue has a thread of its own, other than the global ones.
private let pictureQueue = DispatchQueue(label: "remnant.pictures")

/// What a failure says of the objects that are still alive.
struct SurvivorReport {
  let message: String
  /// Texts to attach to the failure, by file name.
  let attachments: [(name: String, text: String)]

  /// How many are told of one by one.
  private static let limit = 10

  /// Takes a picture of the process, to say what holds the survivors.
  ///
  /// Nil where the mode accepts all that it shows.
  init?(_ survivors: [Survivor], _ mode: LeakCheckMode) {
    var scan = Result { try LeakScan(explaining: survivors) }
    let count = survivors.count
    if case .success(let all) = scan, !all.findings.isEmpty {
      guard let rest = mode.remainder(of: all) else { return nil }
      scan = .success(rest)
    }
    // What died while the picture was taken had only needed more time.
    let late = survivors.count { !$0.isAlive }
    var lines: [String] = []
    if late == count {
      lines.append(
        "\(count == 1 ? "an object" : "\(count) objects") died late: give the check more time (within:)"
      )
    } else {
      lines.append("\(count == 1 ? "an object" : "\(count) objects") outlived the scope:")
    }
    for survivor in survivors.prefix(Self.limit) {
      lines.append(
        "  \(survivor)\(survivor.isAlive ? "" : "; it died since, so it was late, not leaked")"
      )
      if let place = Self.place(of: survivor) { lines.append("    tracked in \(place)") }
    }
    if count > Self.limit { lines.append("  and \(count - Self.limit) more") }
    if late < count, Self.isUndecided(survivors, scan) {
      lines += [
        "  undecided: the main queue, which may hold \(count == 1 ? "it" : "them"), could not run while this test waited;",
        "    make the test async, and call the check with `await`",
      ]
    }
    switch scan {
    case .success(let scan) where late < count:
      lines += ["", scan.text(width: 100)]
      attachments = [("leaks.txt", scan.text(width: 100)), ("leaks.dot", scan.dot)]
    case .success: attachments = []
    case .failure(let error):
      attachments = []
      lines.append("  what holds \(count == 1 ? "it" : "them") can't be told: \(error)")
    }
    message = lines.joined(separator: "\n")
  }

  /// Whether a survivor that is in no leak may be held by somebody who could not run.
  private static func isUndecided(
    _ survivors: [Survivor],
    _ scan: Result<LeakScan, any Error>
  ) -> Bool {
    if survivors.allSatisfy(\.couldMainRun) { return false }
    guard case .success(let scan) = scan else { return true }
    return scan.findings.contains { $0.kind == "survivor" }
  }

  /// The innermost frame that is the user's.
  private static func place(of survivor: Survivor) -> String? {
    survivor.trackedAt.frames().first { frame in
      !frame.isLibraryFrame && frame.file.map { !isOwn($0) } ?? false
    }?.description
  }

  private static func isOwn(_ file: String) -> Bool {
    file.contains("/Sources/Remnant/") || file.contains("/Sources/RemnantTesting/")
      || file.contains("/Sources/CUnwind/")
  }
}
