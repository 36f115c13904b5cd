internal import HeapAnalysis

extension LeakReport {
  /// Adds what another look at the same program found; the target and the tool stay the first one's.
  package mutating func merge(_ other: LeakReport) {
    for finding in other.findings {
      if let index = findings.firstIndex(where: { $0.signature == finding.signature }) {
        findings[index].add(finding)
      } else {
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
    summary.notes += other.summary.notes.filter { !summary.notes.contains($0) }
    for leaked in other.leakedTypes {
      if let index = leakedTypes.firstIndex(where: { $0.type == leaked.type }) {
        leakedTypes[index].count += leaked.count
        leakedTypes[index].bytes += leaked.bytes
      } else {
        leakedTypes.append(leaked)
      }
    }
    for entry in other.census {
      if let index = census.firstIndex(where: { $0.type == entry.type }) {
        census[index].count += entry.count
        census[index].bytes += entry.bytes
        census[index].leaked += entry.leaked
      } else {
        census.append(entry)
      }
    }
    census.sort { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
    tests += other.tests
    explanations += other.explanations
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
  }
}
