internal import CRemnantRecorder
internal import Examination
internal import Foundation
internal import HeapAnalysis
internal import HeapCapture
internal import HeapGraph
internal import LeakReports
internal import Synchronization

/// What a check wants to know of a snapshot of this process.
package enum SnapshotQuestion: Sendable {
  /// What holds these.
  case survivors([Survivor])
  /// What is leaked of what was allocated in a scope.
  case scope(AllocationScope, ignoring: Set<String>)
}

package struct SnapshotAnswer: Sendable {
  /// Nil where nothing is leaked of a scope.
  package var scan: LeakScan?
  /// Whether a survivor is held only by work that is ready to run, and waits for its turn.
  package var isHeldByReadyWork = false
  /// Whether any survivor was alive in the snapshot.
  package var hasSurvivors = true
}

package typealias SnapshotAnswers = [Result<SnapshotAnswer, any Error>]

/// Takes snapshots for checks: those that ask while one is examined share the next.
package enum SharedSnapshot {
  private struct Request: Sendable {
    var questions: [SnapshotQuestion]
    var isAsynchronous = false
    var answer: @Sendable (SnapshotAnswers) -> Void
  }

  private struct Pending {
    var requests: [Request] = []
    /// Those that are being answered: a task that waits for its answer is held from here, and isn't stuck.
    var current: [Request] = []
    var isScheduled = false
  }

  private static let pending = Mutex(Pending())

  // A serial queue has a thread of its own, other than the global ones, which tasks may need.
  private static let queue = DispatchQueue(label: "remnant.snapshots")

  /// Suspends until the answers are there: a second or more where a snapshot is needed.
  nonisolated(nonsending) package static func answers(
    to questions: [SnapshotQuestion]
  ) async -> SnapshotAnswers {
    await withCheckedContinuation { continuation in
      ask(
        Request(questions: questions, isAsynchronous: true) { continuation.resume(returning: $0) }
      )
    }
  }

  /// The same for a thread that can't suspend.
  package static func answersBlocking(to questions: [SnapshotQuestion]) -> SnapshotAnswers {
    let isThere = DispatchSemaphore(value: 0)
    let answers = Mutex<SnapshotAnswers>([])
    ask(
      Request(questions: questions) { given in
        answers.withLock { $0 = given }
        isThere.signal()
      }
    )
    isThere.wait()
    return answers.withLock { $0 }
  }

  private static func ask(_ request: Request) {
    let isFirst = pending.withLock { pending in
      pending.requests.append(request)
      defer { pending.isScheduled = true }
      return !pending.isScheduled
    }
    if isFirst {
      queue.async {
        gather()
        answerAll()
      }
    }
  }

  /// Lets tests that end at about the same time ask as well: for as long as some do, and what is asked is only what is
  /// leaked of scopes.
  private static func gather() {
    for _ in 0..<10 {
      let before = pending.withLock { $0.requests }
      let isPatient = before.allSatisfy { request in
        request.isAsynchronous
          && request.questions.allSatisfy { if case .scope = $0 { true } else { false } }
      }
      if !isPatient { return }
      Thread.sleep(forTimeInterval: 0.03)
      if pending.withLock({ $0.requests.count }) == before.count { return }
    }
  }

  private static func answerAll() {
    while true {
      let requests: [Request] = pending.withLock { pending in
        defer { pending.requests = [] }
        pending.current = pending.requests
        pending.isScheduled = !pending.requests.isEmpty
        return pending.requests
      }
      if requests.isEmpty { return }
      var answers = examine(requests.flatMap(\.questions))[...]
      for request in requests {
        request.answer(Array(answers.prefix(request.questions.count)))
        answers = answers.dropFirst(request.questions.count)
      }
    }
  }

  private static func examine(_ questions: [SnapshotQuestion]) -> SnapshotAnswers {
    let left = AllocationScope.haveObjects(
      questions.compactMap { if case .scope(let scope, _) = $0 { scope } else { nil } }
    )
    var answers: SnapshotAnswers = questions.map { question in
      if case .scope(let scope, _) = question, let error = scope.error { return .failure(error) }
      return .success(SnapshotAnswer())
    }
    var open = questions.indices.filter { index in
      switch questions[index] {
      case .survivors: true
      case .scope(let scope, _): scope.error == nil && left.contains(scope.number)
      }
    }
    if open.isEmpty { return answers }
    do {
      try Snapshot.examine { thread throws(LeakScanError) in
        // Take a second snapshot 20 ms later: objects in transit between threads look leaked in the first.
        for isLast in [false, true] where !open.isEmpty {
          if isLast { Thread.sleep(forTimeInterval: 0.02) }
          let given = try look(open.map { questions[$0] }, on: thread, isLast: isLast)
          var unsure: [Int] = []
          for (index, answer) in zip(open, given) {
            if let answer { answers[index] = .success(answer) } else { unsure.append(index) }
          }
          open = unsure
        }
      }
    } catch {
      for index in open { answers[index] = .failure(error) }
    }
    return answers
  }

  /// Takes one snapshot; nil for what only a second can say.
  ///
  /// Of the snapshot nothing is left afterwards: its graph has the addresses of everything.
  private static func look(
    _ questions: [SnapshotQuestion],
    on thread: SnapshotThread,
    isLast: Bool
  ) throws(LeakScanError) -> [SnapshotAnswer?] {
    // What was tracked, and what was made in a scope, is younger than the frames that might own it.
    let snapshot = try Snapshot(on: thread, AnalysisOptions(framesOwnWithoutWords: false))
    let examination = snapshot.examination
    let graph = examination.graph
    // Only now: a snapshot has no word of them.
    let addresses: [[UInt64]] = questions.map {
      if case .survivors(let survivors) = $0 { survivors.compactMap(\.address) } else { [] }
    }
    let nodes = addresses.map { Set($0.compactMap(graph.node(at:))) }
    let tracked = Set(nodes.joined()).filter { graph.unownedCounts[Int($0)] > 0 }
    var leaks = try snapshot.leaks()
    var all = leaks
    leaks.findings.removeAll { !$0.kind.isLeak(at: $0.confidence) }
    // Of a thousand questions nearly all are about scopes of which nothing is leaked.
    let leakedScopes = Set(
      leaks.findings.flatMap(\.instances).flatMap { $0.core + $0.owned }
        .compactMap { graph.scopes[graph.stackIDs[Int($0)]] }
    )
    all.addSurvivors(at: Array(Set(addresses.joined())), in: examination.index)
    // Only survivors that aren't leaked can be held by anything.
    let held = all.findings.filter { $0.kind == .survivor }.flatMap(\.instances).flatMap(\.core)
    let ready = held.isEmpty ? [] : ReadyWork(in: graph).holdsAlone(Set(held))
    var answers: [SnapshotAnswer?] = []
    for (question, nodes) in zip(questions, nodes) {
      switch question {
      case .survivors(let survivors):
        var own = all
        // Others of the same kind were there before.
        own.keepInstances { !nodes.isDisjoint(with: $0.core + $0.owned) }
        answers.append(
          SnapshotAnswer(
            scan: try snapshot.scan(own, naming: survivors.map(\.trackedAt), tracked: tracked),
            isHeldByReadyWork: !ready.isDisjoint(with: nodes),
            hasSurvivors: !nodes.isEmpty
          )
        )
      case .scope(let scope, let types):
        guard leakedScopes.contains(scope.number) else {
          answers.append(SnapshotAnswer())
          continue
        }
        var own = leaks
        own.keepLeaks(of: scope.number, ignoring: types, in: graph)
        if own.findings.isEmpty {
          answers.append(SnapshotAnswer())
        } else if !isLast, own.findings.contains(where: { $0.confidence < .proven }) {
          answers.append(nil)
        } else {
          answers.append(SnapshotAnswer(scan: try snapshot.scan(own).withoutKnownLeaks()))
        }
      }
    }
    return answers
  }
}

extension HeapAnalysis {
  fileprivate mutating func keepLeaks(
    of scope: UInt16,
    ignoring types: Set<String>,
    in graph: HeapGraph
  ) {
    keepInstances { instance in
      // Raw memory that looks owned may be anybody's.
      let own = instance.core + instance.owned.filter { graph.type(of: $0).kind != .raw }
      return own.contains { graph.scopes[graph.stackIDs[Int($0)]] == scope }
        && !instance.core.contains { types.contains(graph.type(of: $0).name) }
    }
  }
}
