import HeapAnalysis
import HeapGraph
internal import Symbolication

extension ReportAssembler {
  mutating func finding(_ finding: Finding) -> LeakReport.Finding {
    let names = names(of: finding)
    let path = path(of: finding.path, names: names)
    let subject = Int(finding.subject)
    let start = finding.start.map { self.root($0) }
    return LeakReport.Finding(
      signature: finding.signature,
      kind: finding.kind,
      confidence: finding.confidence,
      reasons: finding.reasons,
      namedBy: namedBy(finding.namings, names: names),
      type: names.name(of: finding.subject),
      count: finding.instances.count,
      bytes: bytes(of: finding),
      strongCount: Int(graph.strongCounts[subject]),
      unownedCount: Int(graph.unownedCounts[subject]) - (tracked.contains(finding.subject) ? 1 : 0),
      weakCount: Int(graph.weakCounts[subject]),
      exactCount: finding.exactCount,
      possibleCount: finding.possibleCount,
      members: members(of: finding, names: names),
      path: path.steps,
      root: start,
      allocations: allocations(of: finding, names: names),
      suspendedIn: suspendedFrames(of: finding, names: names),
      hint: survivorHint(of: finding, path: path, names: names, root: start)
        ?? finding.hint.map { hint($0, of: finding, path: path, names: names) },
      suppressedBy: nil,
      baseline: nil,
      formerSignature: finding.formerSignature,
      waiters: finding.kind == .stuckTask ? waiters(of: finding) : nil
    )
  }

  /// The functions that go on when a stuck task is resumed, each with its variables.
  private mutating func suspendedFrames(
    of finding: Finding,
    names: NodeNames
  ) -> [LeakReport.Finding.Frame]? {
    guard let number = finding.task else { return nil }
    let task = graph.tasks[number]
    var variables: [Int: [LeakReport.Finding.Variable]] = [:]
    let memory = graph.taskMemory.filter { $0.value == number }.keys.sorted()
    for block in [task.node] + memory {
      let found = self.variables(inMemoryAt: block).filter { $0.place.task == number }
      for variable in found.sorted(by: { $0.rank < $1.rank }) {
        let name = variable.variable.name
        // A value of several words is one variable.
        guard variables[variable.place.frame]?.contains(where: { $0.name == name }) != true else {
          continue
        }
        variables[variable.place.frame, default: []].append(
          .init(name: name, type: names.name(of: variable.target))
        )
      }
    }
    return task.frames.enumerated().flatMap { index, function in
      var frames = frames(resumedAt: function)
      // Inlined functions come before the one that has the memory.
      if !frames.isEmpty { frames[frames.count - 1].variables = variables[index] }
      return frames
    }
  }

  /// The tasks that wait for a stuck one, those at one place together, most first.
  private mutating func waiters(of finding: Finding) -> [LeakReport.Finding.Waiter] {
    var counts: [TaskNames.Description: Int] = [:]
    for number in finding.waiters { counts[task(number), default: 0] += 1 }
    return counts.map { task, count in
      LeakReport.Finding.Waiter(
        count: count,
        function: task.function ?? "a task",
        file: task.file,
        line: task.line,
        wait: task.wait
      )
    }.sorted { ($1.count, $0.function, $0.line ?? 0) < ($0.count, $1.function, $1.line ?? 0) }
  }

  /// Of a block that C code got: the closure in it, which is made where its author wrote it.
  private func origin(of node: NodeIndex) -> NodeIndex {
    guard graph.type(of: node).kind == .cBlock else { return node }
    return graph.edges(of: node).map(\.target).first {
      graph.type(of: $0).kind == .closureContext
    } ?? node
  }

  private func bytes(of finding: Finding) -> Int {
    var bytes = 0
    for instance in finding.instances {
      for node in instance.core { bytes += Int(graph.sizes[Int(node)]) }
      for node in instance.owned { bytes += Int(graph.sizes[Int(node)]) }
    }
    return bytes
  }

  /// The cycle's types in the order that the analysis lists them, then what they own, most bytes
  /// first.
  private mutating func members(
    of finding: Finding,
    names: NodeNames
  ) -> [LeakReport.Finding.Member] {
    // An object with an unbalanced retain need not be in a cycle.
    let isCycle = finding.path.first.map { $0.from == finding.path.last?.edge.target } ?? false
    let coreRole: LeakReport.Finding.Member.Role =
      finding.kind == .retainCycle || isCycle ? .cycle : .owned
    var core = MemberTable(role: coreRole)
    var owned = MemberTable(role: .owned)
    for instance in finding.instances {
      for node in instance.core {
        core.add(
          names.name(of: node),
          bytes: Int(graph.sizes[Int(node)]),
          isOfToolchain: isOfToolchain(node, names)
        )
      }
      for node in instance.owned {
        owned.add(
          names.name(of: node),
          bytes: Int(graph.sizes[Int(node)]),
          isOfToolchain: isOfToolchain(node, names)
        )
      }
    }
    return core.members + owned.members.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
  }

  /// Whether a closure or a box was made by code of the toolchain's libraries.
  private mutating func isOfToolchain(_ node: NodeIndex, _ names: NodeNames) -> Bool {
    switch graph.type(of: node).kind {
    case .closureContext, .box, .cBlock: break
    case .foreign: return true
    default: return false
    }
    if let closure = names.closure(of: node) { return closure.isOfToolchain }
    // The runtime allocates everybody's.
    let maker = frames(ofStack: graph.stackIDs[Int(node)]).first {
      !$0.function.hasPrefix("swift_")
    }
    return maker?.library == true
  }

  /// Call stacks of the members of the cycle, or of the leaked objects.
  ///
  /// Where these are class
  /// instances, the closures, boxes and storage between them are left out.
  private mutating func allocations(
    of finding: Finding,
    names: NodeNames
  ) -> [LeakReport.Finding.Allocation] {
    struct Site: Hashable {
      var type: String
      var stack: UInt32
    }
    let core = finding.instances.flatMap(\.core)
    let instances = core.filter { graph.type(of: $0).kind == .classInstance }
    var counts: [Site: Int] = [:]
    var bytes: [Site: Int] = [:]
    var order: [Site] = []
    for node in instances.isEmpty ? core : instances {
      let site = Site(type: names.name(of: node), stack: graph.stackIDs[Int(origin(of: node))])
      if counts[site] == nil { order.append(site) }
      counts[site, default: 0] += 1
      bytes[site, default: 0] += Int(graph.sizes[Int(node)])
    }
    let subject = names.name(of: finding.subject)
    let sorted = order.enumerated().sorted { left, right in
      let leftIsSubject = left.element.type == subject
      if leftIsSubject != (right.element.type == subject) { return leftIsSubject }
      let leftCount = counts[left.element] ?? 0
      let rightCount = counts[right.element] ?? 0
      return leftCount == rightCount ? left.offset < right.offset : leftCount > rightCount
    }
    return sorted.map { _, site in
      LeakReport.Finding.Allocation(
        count: counts[site] ?? 0,
        frames: frames(ofStack: site.stack),
        type: site.type,
        bytes: bytes[site]
      )
    }
  }
}

/// Adds up members by type, in order of appearance.
private struct MemberTable {
  let role: LeakReport.Finding.Member.Role
  private(set) var members: [LeakReport.Finding.Member] = []
  private var positions: [String: Int] = [:]

  init(role: LeakReport.Finding.Member.Role) { self.role = role }

  mutating func add(_ type: String, bytes: Int, isOfToolchain: Bool) {
    if let position = positions[type] {
      members[position].count += 1
      members[position].bytes += bytes
      if !isOfToolchain { members[position].toolchain = nil }
    } else {
      positions[type] = members.count
      members.append(
        .init(
          type: type,
          count: 1,
          bytes: bytes,
          role: role,
          toolchain: isOfToolchain ? true : nil
        )
      )
    }
  }
}
