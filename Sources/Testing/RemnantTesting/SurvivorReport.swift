internal import Remnant

/// Survivors that were tracked at one line, in one mode: one failure.
struct SurvivorGroup: Sendable {
  let place: TrackedPlace
  var survivors: [Survivor]

  /// In the order of tracking, without what the modes ignore; `place` is that of objects that don't know theirs.
  static func all(of survivors: [Survivor], at place: TrackedPlace) -> [SurvivorGroup] {
    var order: [String] = []
    var groups: [String: SurvivorGroup] = [:]
    for survivor in survivors {
      let place = survivor.context as? TrackedPlace ?? place
      if place.mode.ignoredTypes.contains(survivor.type) { continue }
      let site = place.site
      let key = "\(site.file):\(site.line):\(site.column) \(place.mode.key)"
      if groups[key] == nil { order.append(key) }
      groups[key, default: SurvivorGroup(place: place, survivors: [])].survivors.append(survivor)
    }
    return order.compactMap { groups[$0] }.filter { $0.place.mode.isActive(at: $0.place.site) }
  }

  var question: SnapshotQuestion { .survivors(survivors) }

  /// Says what holds the survivors, and fails where the mode doesn't accept that.
  func record(_ answer: Result<SnapshotAnswer, any Error>) {
    guard let report = SurvivorReport(survivors, answer, place.mode) else { return }
    if report.isUndecided {
      TestFailure.recordUndecided(report.message, at: place.site, place.mode)
    } else {
      TestFailure.recordLeak(
        report.message,
        at: place.site,
        place.mode,
        attaching: report.attachments
      )
    }
  }
}

extension SurvivorGroup {
  /// Records a leak that is known, which needs no explanation: no snapshot is taken for it.
  ///
  /// - Returns: False for one that isn't known.
  fileprivate func recordKnown() -> Bool {
    guard case .collect = place.mode.action else { return false }
    let message = survivors.map { "\($0)" }.joined(separator: "; ")
    if let blocked = survivors.lazy.flatMap(\.blocked).first {
      TestFailure.recordUndecided(
        "undecided: \(message); meanwhile nothing could run on \(blocked.rawValue)",
        at: place.site,
        place.mode
      )
    } else {
      TestFailure.recordLeak(message, at: place.site, place.mode)
    }
    return true
  }
}

/// How long is waited for work that is ready to run and holds a survivor: doubled each time, for each time needs a snapshot.
private struct ReadyWorkPatience {
  private(set) var pause: Duration = .milliseconds(250)
  private var isFirst = true

  /// Nil where it is over: half a minute, and as long for a thread that can't suspend.
  mutating func next() -> Duration? {
    if !isFirst { pause = pause * 2 }
    isFirst = false
    return pause < .seconds(32) ? pause : nil
  }
}

/// Records what is known; what remains waits for work that is ready.
private func record(_ groups: [SurvivorGroup], _ answers: SnapshotAnswers) -> [SurvivorGroup] {
  var waiting: [SurvivorGroup] = []
  for (group, answer) in zip(groups, answers) {
    if let answer = try? answer.get(), answer.isHeldByReadyWork,
      group.survivors.allSatisfy({ !$0.blocked.contains(.ownMainQueue) })
    {
      waiting.append(group)
    } else {
      group.record(answer)
    }
  }
  return waiting
}

private func withoutDead(_ groups: [SurvivorGroup]) -> [SurvivorGroup] {
  groups.map { group in
    var group = group
    group.survivors.removeAll { !$0.isAlive }
    return group
  }.filter { !$0.survivors.isEmpty }
}

/// Fails for the survivors that their modes don't accept.
@_disfavoredOverload  // Async functions take the other.
func report(_ survivors: [Survivor], at place: TrackedPlace) {
  var groups = SurvivorGroup.all(of: survivors, at: place).filter { !$0.recordKnown() }
  var patience = ReadyWorkPatience()
  while !groups.isEmpty {
    let answers = SharedSnapshot.answersBlocking(to: groups.map(\.question))
    let waiting = record(groups, answers)
    if waiting.isEmpty { return }
    guard let pause = patience.next() else {
      for (group, answer) in zip(groups, answers) where waiting.contains(group) {
        group.record(answer)
      }
      return
    }
    Survivor.wait(for: waiting.flatMap(\.survivors), within: pause)
    groups = withoutDead(waiting)
  }
}

/// The same, and lets others have the thread while a snapshot is taken.
nonisolated(nonsending) func report(_ survivors: [Survivor], at place: TrackedPlace) async {
  var groups = SurvivorGroup.all(of: survivors, at: place).filter { !$0.recordKnown() }
  var patience = ReadyWorkPatience()
  while !groups.isEmpty {
    let answers = await SharedSnapshot.answers(to: groups.map(\.question))
    let waiting = record(groups, answers)
    if waiting.isEmpty { return }
    guard let pause = patience.next() else {
      for (group, answer) in zip(groups, answers) where waiting.contains(group) {
        group.record(answer)
      }
      return
    }
    await Survivor.wait(for: waiting.flatMap(\.survivors), within: pause)
    groups = withoutDead(waiting)
  }
}

extension [SurvivorGroup] {
  fileprivate func contains(_ group: SurvivorGroup) -> Bool {
    contains { $0.place.site == group.place.site && $0.place.mode.key == group.place.mode.key }
  }
}

/// What a failure says of the objects that are still alive.
struct SurvivorReport {
  let message: String
  /// Whether what their release waits for could not run.
  let isUndecided: Bool
  /// Texts to attach to the failure, by file name.
  let attachments: [(name: String, text: String)]

  /// How many are listed one by one.
  private static let limit = 10

  /// Nil where the mode accepts all that it shows.
  init?(
    _ survivors: [Survivor],
    _ answer: Result<SnapshotAnswer, any Error>,
    _ mode: LeakCheckMode
  ) {
    var scan = answer.map { $0.scan?.advisingOnTestCase() }
    let count = survivors.count
    if case .success(let all?) = scan, !all.findings.isEmpty {
      guard let rest = mode.remainder(of: all) else { return nil }
      scan = .success(rest)
    }
    // What died while the snapshot was taken had only needed more time.
    let late = survivors.count { !$0.isAlive }
    let blocked = Self.blocked(survivors, answer)
    // What was gone before the snapshot may have waited for anything.
    isUndecided = blocked != nil || (try? answer.get())?.hasSurvivors == false
    var lines: [String] = []
    if late == count {
      lines.append(
        (count == 1 ? "an object was" : "\(count) objects were")
          + " deallocated late: give the check more time (within:)"
      )
    } else {
      lines.append("\(count == 1 ? "an object" : "\(count) objects") outlived the scope:")
    }
    for survivor in survivors.prefix(Self.limit) {
      lines.append(
        "  \(survivor)\(survivor.isAlive ? "" : "; deallocated since, so it was late, not leaked")"
      )
      if let place = Self.place(of: survivor) { lines.append("    tracked in \(place)") }
    }
    if count > Self.limit { lines.append("  and \(count - Self.limit) more") }
    if let blocked {
      let object = count == 1 ? "it" : "them"
      lines.append(
        "  undecided: \(blocked), which may hold \(object), could not run during the check;"
      )
      lines.append(
        blocked == ReadyPlace.ownMainQueue.rawValue
          ? "    make the test async, and call the check with `await`"
          : "    a leak can't be told from a late release until it has run"
      )
    }
    attachments =
      if late < count, case .success(let scan?) = scan {
        [("leaks.txt", scan.text(width: 100)), ("leaks.dot", scan.dot)]
      } else {
        []
      }
    if let text = attachments.first?.text { lines += ["", text] }
    if case .failure(let error) = scan {
      lines.append(
        "  what holds \(count == 1 ? "it" : "them") is unknown: \(error)"
      )
    }
    message = lines.joined(separator: "\n")
  }

  /// What the release may wait for, and could not run; nil where the verdict is sure.
  private static func blocked(
    _ survivors: [Survivor],
    _ answer: Result<SnapshotAnswer, any Error>
  ) -> String? {
    var places = survivors.reduce(into: Set()) { $0.formUnion($1.blocked) }
    let known = try? answer.get()
    if known?.isHeldByReadyWork == true {
      return places.first?.rawValue ?? "work that is ready in the queue of an actor or of the tasks"
    }
    // What the snapshot shows held elsewhere isn't held by the main queue.
    if known != nil { places.remove(.ownMainQueue) }
    guard let place = places.first else { return nil }
    if let scan = known?.scan, scan.findings.allSatisfy({ $0.kind != "survivor" }) { return nil }
    return place.rawValue
  }

  /// The innermost frame that is the user's.
  private static func place(of survivor: Survivor) -> String? {
    survivor.trackedAt.frames().first { frame in
      !frame.isLibraryFrame && frame.file != nil
    }?.description
  }
}
