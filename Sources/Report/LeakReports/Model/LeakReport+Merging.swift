internal import HeapAnalysis

extension LeakReport {
  /// Adds what another look at the same program found; the target and the tool stay the first one's.
  package mutating func merge(_ other: LeakReport) {
    var positions = Dictionary(findings.enumerated().map { ($1.signature, $0) }) { first, _ in first
    }
    for finding in other.findings {
      if let index = positions[finding.signature] {
        findings[index].add(finding)
      } else {
        positions[finding.signature] = findings.count
        findings.append(finding)
      }
    }
    findings.sort { left, right in
      left.isLeak != right.isLeak
        ? left.isLeak : (right.bytes, left.signature) < (left.bytes, right.signature)
    }
    capture.complete = capture.complete && other.capture.complete
    capture.skipped += other.capture.skipped.filter { !capture.skipped.contains($0) }
    capture.unreadable += other.capture.unreadable
    capture.durationSeconds += other.capture.durationSeconds
    capture.pauseSeconds += other.capture.pauseSeconds
    if target.exitStatus == 0 {
      target.exitStatus = other.target.exitStatus
      target.signal = other.target.signal
    }
    summary.liveObjects += other.summary.liveObjects
    summary.liveBytes += other.summary.liveBytes
    summary.leakedObjects += other.summary.leakedObjects
    summary.leakedBytes += other.summary.leakedBytes
    summary.findings = findings.count
    summary.suppressed = findings.count { $0.suppressedBy != nil }
    summary.countsExplained += other.summary.countsExplained
    summary.countsUnexplained += other.summary.countsUnexplained
    summary.countsNegative += other.summary.countsNegative
    if let undecided = other.summary.undecided {
      summary.undecided = undecided + (summary.undecided ?? 0)
    }
    summary.notes += other.summary.notes.filter { !summary.notes.contains($0) }
    var types = Dictionary(leakedTypes.enumerated().map { ($1.type, $0) }) { first, _ in first }
    for leaked in other.leakedTypes {
      if let index = types[leaked.type] {
        leakedTypes[index].count += leaked.count
        leakedTypes[index].bytes += leaked.bytes
      } else {
        types[leaked.type] = leakedTypes.count
        leakedTypes.append(leaked)
      }
    }
    var rows = Dictionary(census.enumerated().map { ($1.type, $0) }) { first, _ in first }
    for entry in other.census {
      if let index = rows[entry.type] {
        census[index].count += entry.count
        census[index].bytes += entry.bytes
        census[index].leaked += entry.leaked
      } else {
        rows[entry.type] = census.count
        census.append(entry)
      }
    }
    census.sort { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
    for entry in other.tasks {
      if let index = tasks.firstIndex(where: { $0.isLike(entry) }) {
        tasks[index].count += entry.count
      } else {
        tasks.append(entry)
      }
    }
    tasks.sort { $0.count > $1.count }
    for use in other.suppressions {
      if let index = suppressions.firstIndex(where: {
        $0.source == use.source && $0.line == use.line
      }) {
        suppressions[index].findings += use.findings
        suppressions[index].instances += use.instances
      } else {
        suppressions.append(use)
      }
    }
    // Fixed is what no look has found.
    let present = Set(findings.map(\.signature))
    fixed = (fixed + other.fixed.filter { !fixed.contains($0) }).filter {
      !present.contains($0.signature)
    }
    order()
    stacks += other.stacks
    tests += other.tests
    explanations += other.explanations
  }
}

extension LeakReport.TaskEntry {
  /// Whether only the number differs.
  fileprivate func isLike(_ other: LeakReport.TaskEntry) -> Bool {
    var other = other
    other.count = count
    return self == other
  }
}

extension LeakReport.Finding.Waiter {
  /// Whether only the number differs.
  fileprivate func isLike(_ other: Self) -> Bool {
    var other = other
    other.count = count
    return self == other
  }
}

extension LeakReport.Finding {
  /// Adds the instances of the same leak from another look.
  fileprivate mutating func add(_ other: LeakReport.Finding) {
    count += other.count
    bytes += other.bytes
    for member in other.members {
      if let index = members.firstIndex(where: {
        $0.type == member.type && $0.role == member.role
      }) {
        members[index].count += member.count
        members[index].bytes += member.bytes
      } else {
        members.append(member)
      }
    }
    allocations += other.allocations
    namedBy += other.namedBy.filter { !namedBy.contains($0) }
    for waiter in other.waiters ?? [] {
      if let index = waiters?.firstIndex(where: { $0.isLike(waiter) }) {
        waiters?[index].count += waiter.count
      } else {
        waiters = (waiters ?? []) + [waiter]
      }
    }
  }
}
