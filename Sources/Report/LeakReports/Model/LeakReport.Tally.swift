internal import HeapAnalysis
internal import HeapGraph

extension LeakReport {
  /// How many findings there are of which sort, and how much is leaked.
  ///
  /// Every format and every message takes these numbers from here, so that they agree.
  struct Tally: Sendable, Hashable {
    /// Findings that are leaks, and aren't accepted.
    var leaks = 0
    /// Findings that aren't leaks, or not for sure, and aren't accepted.
    var others = 0
    var known = 0
    var withinLimits = 0
    var suppressed = 0
    var fixed = 0
    /// Objects of the leaks, without blocks of raw memory.
    var objects = 0
    /// Bytes of the leaks, raw memory included.
    var bytes = 0
    /// Live objects that were judged by their counts.
    var examined = 0

    var accepted: Int { known + withinLimits + suppressed }
  }

  var tally: Tally {
    var tally = Tally()
    for finding in findings {
      switch finding.acceptance {
      case .known: tally.known += 1
      case .withinLimit: tally.withinLimits += 1
      case .suppressed: tally.suppressed += 1
      case nil where finding.isLeak:
        tally.leaks += 1
        tally.objects += finding.objects
        tally.bytes += finding.bytes
      case nil: tally.others += 1
      }
    }
    if tally.accepted == 0, tally.leaks > 0 {
      // Counted where the graph is: an object of two findings once.
      tally.objects = summary.leakedObjects
      tally.bytes = summary.leakedBytes
    }
    tally.fixed = fixed.count
    tally.examined =
      summary.countsExplained + summary.countsUnexplained + summary.countsNegative
    return tally
  }
}

extension LeakReport.Finding {
  /// Why a finding fails nothing, whatever its kind.
  enum Acceptance: Sendable, Hashable {
    /// By the line of a suppression, or for a reason.
    case suppressed(by: String)
    /// The configuration accepts so many instances.
    case withinLimit(Int)
    /// The baseline lists it.
    case known
  }

  /// Whether a limit or the baseline accepts it.
  var isKnown: Bool {
    switch acceptance {
    case .known, .withinLimit: true
    case .suppressed, nil: false
    }
  }

  /// A limit counts for more than the baseline: above it, a known finding fails, too.
  var acceptance: Acceptance? {
    if let suppressedBy { return .suppressed(by: suppressedBy) }
    if let limit { return count <= limit ? .withinLimit(limit) : nil }
    return baseline == .known ? .known : nil
  }

  /// Blocks with Swift metadata, of all instances.
  var objects: Int {
    members.filter { member in
      // What a task's functions need is memory of the task, whose frames have names.
      member.type != Self.rawMemory && !member.type.hasPrefix("frame of ")
    }.reduce(0) { $0 + $1.count }
  }

  private static let rawMemory = HeapType(kind: .raw, name: "").readableName
}

extension LeakReport {
  /// Puts the findings into the order that every format shows: leaks, other findings, what is accepted.
  ///
  /// Within these, the order of the analysis stays.
  mutating func order() {
    func rank(_ finding: Finding) -> Int {
      finding.acceptance != nil ? 2 : finding.isLeak ? 0 : 1
    }
    findings = (0...2).flatMap { wanted in findings.filter { rank($0) == wanted } }
  }

  /// The findings that there is room for, in the report's order: those that fail before all others.
  func findings(atMost limit: Int, failing policy: FailurePolicy) -> [Finding] {
    let shown = findings.filter { $0.suppressedBy == nil }
    let failing = shown.filter(policy.fails).count
    guard shown.count > limit else { return shown }
    var room = (failing: min(failing, limit), others: max(0, limit - failing))
    return shown.filter { finding in
      if policy.fails(finding) {
        room.failing -= 1
        return room.failing >= 0
      }
      room.others -= 1
      return room.others >= 0
    }
  }
}
