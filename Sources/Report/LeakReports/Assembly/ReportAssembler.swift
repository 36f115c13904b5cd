package import HeapAnalysis
package import HeapGraph
package import Symbolication

extension LeakReport {
  /// Writes up what an analysis of a heap found.
  ///
  /// Takes one pass over the graph's blocks, and symbolicates each address of the findings' call
  /// stacks once.
  package init(
    analysis: HeapAnalysis,
    graph: HeapGraph,
    context: ReportContext,
    symbolicator: any Symbolicating
  ) {
    let graph = graph.withPlainSpaces
    var assembler = ReportAssembler(
      graph: graph,
      symbolicator: PlainSpaceSymbolicator(symbolicator: symbolicator),
      depth: context.depth,
      tracked: context.tracked
    )
    let findings = analysis.findings.map { assembler.finding($0) }
    var leaked = LeakedObjects(graph: graph)
    for finding in analysis.findings where finding.kind.isLeak(at: finding.confidence) {
      for instance in finding.instances {
        leaked.insert(instance.core)
        leaked.insert(instance.owned)
      }
    }
    var summary = Summary(
      leakedObjects: leaked.objects,
      leakedBytes: leaked.bytes,
      findings: findings.count,
      suppressed: findings.count { $0.suppressedBy != nil },
      countsExplained: analysis.countsExplained,
      countsUnexplained: analysis.countsUnexplained,
      countsNegative: analysis.negative.count,
      notes: context.notes + assembler.notes(on: analysis, capture: context.capture)
        + assembler.notesOnTasks()
    )
    for node in graph.addresses.indices {
      summary.liveBytes += Int(graph.sizes[node])
      if graph.isObject(NodeIndex(node)), graph.states[node] != .deinited {
        summary.liveObjects += 1
      }
    }
    self.init(
      tool: context.tool,
      target: context.target,
      capture: context.capture,
      summary: summary,
      leakedTypes: leaked.types,
      findings: findings,
      census: assembler.census(leaked: leaked.nodes),
      tasks: assembler.tasks(),
      explanations: analysis.explanations.map { assembler.explanation($0) }
    )
    if context.includesStacks { stacks = assembler.stacks(leaked: leaked.nodes) }
    order()
    noteMissingLines()
  }
}

/// Turns the parts of an analysis into the parts of a report, remembering what it symbolicated.
struct ReportAssembler {
  let graph: HeapGraph
  let symbolicator: any Symbolicating
  let depth: Int?
  /// Objects that have one unowned reference of the tracker's own.
  let tracked: Set<NodeIndex>
  private var knownFrames: [UInt64: [LeakReport.Finding.Frame]] = [:]
  private var knownResumptions: [UInt64: [LeakReport.Finding.Frame]] = [:]
  private var knownClosures: [UInt64: ClosureDescription?] = [:]
  private var taskNames: TaskNames
  private(set) lazy var taskFrames = TaskFrames(of: graph)

  init(
    graph: HeapGraph,
    symbolicator: any Symbolicating,
    depth: Int? = nil,
    tracked: Set<NodeIndex> = []
  ) {
    self.graph = graph
    self.tracked = tracked
    self.symbolicator = symbolicator
    self.depth = depth
    taskNames = TaskNames(of: graph)
  }

  /// What a task is called, by its position in `HeapGraph.tasks`.
  mutating func task(_ number: Int) -> TaskNames.Description {
    // Taken out: naming a task looks its frames up here.
    var names = TaskNames(of: HeapGraph())
    swap(&names, &taskNames)
    defer { swap(&names, &taskNames) }
    return names.description(
      of: number,
      frames: { self.frames(at: $0) },
      resumed: { self.frames(resumedAt: $0) }
    )
  }

  /// What a word in a task's frames is called.
  mutating func frameName(of number: Int) -> String {
    task(number).function.map { "frame of \($0)" } ?? "frame"
  }

  /// The function that a frame of a task belongs to: of thunks and libraries, the program's own that waits for it.
  mutating func frameFunction(at place: TaskFrames.Place) -> String {
    let task = graph.tasks[place.task]
    for function in task.frames[place.frame...] {
      if let own = frames(resumedAt: function).last(where: { !$0.library }) {
        return TaskNames.plain(own.function)
      }
    }
    return self.task(place.task).function ?? "a task"
  }

  mutating func names(of finding: Finding) -> NodeNames {
    NodeNames(
      of: finding,
      graph: graph,
      closure: { self.closure(at: $0) },
      task: { self.task($0) }
    )
  }

  mutating func names(of path: [Finding.Step]) -> NodeNames {
    NodeNames(of: path, graph: graph, closure: { self.closure(at: $0) }, task: { self.task($0) })
  }

  mutating func closure(at functionAddress: UInt64) -> ClosureDescription? {
    guard functionAddress != 0 else { return nil }
    if let known = knownClosures[functionAddress] { return known }
    let closure = symbolicator.closure(at: functionAddress)
    knownClosures[functionAddress] = .some(closure)
    return closure
  }

  /// The frames of a call stack, innermost first.
  mutating func frames(ofStack stack: UInt32) -> [LeakReport.Finding.Frame] {
    var frames: [LeakReport.Finding.Frame] = []
    for address in graph.callStacks[stack] ?? [] {
      if let depth, frames.count >= depth { break }
      frames += self.frames(at: address)
    }
    return depth.map { Array(frames.prefix($0)) } ?? frames
  }

  /// All live blocks by call stack, most bytes first.
  mutating func stacks(leaked: Set<NodeIndex>) -> [LeakReport.LiveStack] {
    var byStack: [UInt32: LeakReport.LiveStack] = [:]
    for index in graph.addresses.indices {
      let size = Int(graph.sizes[index])
      let empty = LeakReport.LiveStack(
        count: 0,
        bytes: 0,
        leakedCount: 0,
        leakedBytes: 0,
        frames: []
      )
      var entry = byStack[graph.stackIDs[index]] ?? empty
      entry.count += 1
      entry.bytes += size
      if leaked.contains(NodeIndex(index)) {
        entry.leakedCount += 1
        entry.leakedBytes += size
      }
      byStack[graph.stackIDs[index]] = entry
    }
    return byStack.map { stack, entry in
      var entry = entry
      let frames = frames(ofStack: stack)
      entry.frames = frames.map(\.function)
      entry.libraryFrames = frames.indices.filter { frames[$0].library }
      return entry
    }.sorted { left, right in
      left.bytes != right.bytes
        ? left.bytes > right.bytes : left.frames.lexicographicallyPrecedes(right.frames)
    }
  }

  mutating func frames(at address: UInt64) -> [LeakReport.Finding.Frame] {
    if let known = knownFrames[address] { return known }
    let frames = symbolicator.frames(at: address).map(LeakReport.Finding.Frame.init)
    knownFrames[address] = frames
    return frames
  }

  /// The frames of a function that a suspended task goes on with.
  mutating func frames(resumedAt function: UInt64) -> [LeakReport.Finding.Frame] {
    if let known = knownResumptions[function] { return known }
    let frames = symbolicator.frames(resumedAt: function).map(LeakReport.Finding.Frame.init)
    knownResumptions[function] = frames
    return frames
  }

  /// Finished children whose results nothing takes stay in their group: no leak, and they add up.
  mutating func notesOnTasks() -> [String] {
    var counts: [TaskNames.Description: Int] = [:]
    for (number, task) in graph.tasks.enumerated()
    where task.state == .finished && task.isGroupChild {
      counts[self.task(number), default: 0] += 1
    }
    return counts.filter { $0.value >= Self.manyFinishedChildren }
      .sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
      .map { task, count in
        "\(grouped(count)) × \(task.name): use `withDiscardingTaskGroup`, or take each result with "
          + "`next()`."
      }
  }

  private static let manyFinishedChildren = 100

  /// What the reader should know about this look at the heap.
  func notes(on analysis: HeapAnalysis, capture: LeakReport.Capture) -> [String] {
    var notes: [String] = []
    if analysis.countsExplained + analysis.countsUnexplained + analysis.negative.count == 0 {
      notes.append("No live Swift object of a known type was found, so nothing was checked.")
    }
    if !analysis.negative.isEmpty {
      let types = Set(analysis.negative.map { graph.type(of: $0).name }).sorted()
      let shown = types.prefix(5).joined(separator: ", ")
      let more = types.count > 5 ? " and \(types.count - 5) more types" : ""
      notes.append(
        "\(quantity(analysis.negative.count, "object")) of \(shown)\(more): the strong count is "
          + "smaller than the number of references found. Remnant misread a layout; please report it."
      )
    }
    let dead = graph.states.indices.filter { graph.states[$0] == .deinited }
    // A check in a test can't list them, and isn't about them.
    if !dead.isEmpty, capture.moment != .scope,
      !analysis.findings.contains(where: { $0.kind == .zombie })
    {
      let bytes = dead.reduce(0) { $0 + Int(graph.sizes[$1]) }
      notes.append(
        "\(readableBytes(bytes)) of \(quantity(dead.count, "dead object")): unowned references keep "
          + "the memory (--show zombie lists them)."
      )
    }
    if !capture.complete {
      notes.append(
        capture.unreadable > 0
          ? "The snapshot is incomplete: \(readableBytes(capture.unreadable)) could not be read."
          : "The snapshot is incomplete."
      )
    }
    return notes + capture.skipped.map { "Left out: \($0)" }
  }
}

/// The leaked blocks of all findings, each counted once.
private struct LeakedObjects {
  let graph: HeapGraph
  private(set) var nodes: Set<NodeIndex> = []
  private var byType: [String: LeakReport.LeakedType] = [:]
  private(set) var objects = 0
  private(set) var bytes = 0

  init(graph: HeapGraph) { self.graph = graph }

  /// Most bytes first.
  var types: [LeakReport.LeakedType] {
    byType.values.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
  }

  mutating func insert(_ nodes: [NodeIndex]) {
    for node in nodes where self.nodes.insert(node).inserted {
      let size = Int(graph.sizes[Int(node)])
      bytes += size
      if graph.isObject(node) { objects += 1 }
      let type = graph.type(of: node)
      guard type.kind == .classInstance else { continue }
      byType[type.name, default: LeakReport.LeakedType(type: type.name, count: 0, bytes: 0)]
        .count += 1
      byType[type.name]?.bytes += size
    }
  }
}

extension LeakReport.Finding.Frame {
  fileprivate init(_ frame: SymbolicatedFrame) {
    self.init(
      function: frame.function,
      file: frame.file,
      line: frame.line,
      image: frame.image,
      column: frame.column,
      library: frame.isLibraryFrame
    )
  }
}

extension HeapGraph {
  /// Whether a block has Swift metadata.
  func isObject(_ node: NodeIndex) -> Bool { type(of: node).kind != .raw }
}
