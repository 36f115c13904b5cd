import HeapAnalysis
import HeapGraph
internal import Symbolication

extension ReportAssembler {
  /// What lets an object go that outlived its scope, by what holds it; nil where only the references say.
  mutating func survivorHint(
    of finding: Finding,
    path: AssembledPath,
    names: NodeNames,
    root: LeakReport.Finding.Root?
  ) -> LeakReport.Finding.Hint? {
    guard finding.kind == .survivor else { return nil }
    let type = shortTypeName(names.name(of: finding.subject))
    // The nearest: others may only wait for it.
    let tasks = finding.path.compactMap { graph.taskNumbers[$0.from] ?? graph.taskMemory[$0.from] }
    if let task = tasks.last {
      return hint(onTask: task, holding: type)
    }
    if case .call = finding.hint?.change { return nil }
    if finding.path.isEmpty, isOnStack(finding.start), let location = root?.location,
      location.file != nil
    {
      return variable(of: location.function, location)
    }
    if let root, root.kind == Root.Kind.global.rawValue, root.name.hasPrefix("_dispatch_") {
      return Self.hint(
        "cancel the work item or timer that is still waiting in a queue, or capture the \(type) weakly in it",
        .call,
        because: "a queue keeps what a waiting work item captures"
      )
    }
    guard finding.hint?.change == .weaken, let step = finding.hint?.steps.first,
      path.positions.indices.contains(step), path.groups[path.positions[step]].count > 1
    else { return nil }
    let edge = path.positions[step]
    return Self.hint(
      breakByHand(edge, of: path, names: names),
      .breakByHand,
      because: "a collection keeps what is added to it, such as the calls that a mock records",
      edges: [edge]
    )
  }

  private mutating func hint(
    onTask number: Int,
    holding type: String
  ) -> LeakReport.Finding.Hint {
    let frames = graph.tasks[number].frames.flatMap { symbolicator.frames(resumedAt: $0) }
    // The task of the test that checks waits for this very report.
    if frames.contains(where: \.isOfHelpers), let own = frames.first(where: { !$0.isLibraryFrame })
    {
      return variable(
        of: own.function,
        LeakReport.Finding.Location(function: own.function, file: own.file, line: own.line)
      )
    }
    let task = task(number)
    let place = task.function.map { function in
      "`\(function)`"
        + (task.file.map { " at " + sourcePosition(file: fileName($0), line: task.line) } ?? "")
    }
    let what =
      switch graph.tasks[number].state {
      case .suspended, .enqueued: "that waits" + (place.map { " in \($0)" } ?? "")
      case .running: "that runs" + (place.map { " \($0)" } ?? "")
      case .finished: "that has finished, and take its result"
      }
    return Self.hint(
      "cancel the task \(what), or wait for its end, before the scope ends",
      .call,
      because: "a task holds what it captures, and what its functions still need, until it ends"
    )
  }

  /// The debugger sees variables to the end of their block, and so they live as long.
  private func variable(
    of function: String,
    _ location: LeakReport.Finding.Location?
  ) -> LeakReport.Finding.Hint {
    let place =
      location?.file.map { " at " + sourcePosition(file: fileName($0), line: location?.line) } ?? ""
    return Self.hint(
      "create the object in the body of the check, or in a scope that ends before it",
      .breakByHand,
      because: "a variable or an argument of `\(function)`\(place) still holds it"
    )
  }

  private func isOnStack(_ start: RootPaths.Start?) -> Bool {
    guard case .word(let index)? = start else { return false }
    let kind = graph.roots[Int(graph.rootEdges[index].root)].kind
    return kind == .threadStack || kind == .register
  }

  private static func hint(
    _ text: String,
    _ change: LeakReport.Finding.Hint.Change,
    because reason: String,
    edges: [Int] = []
  ) -> LeakReport.Finding.Hint {
    LeakReport.Finding.Hint(
      text: text,
      edges: edges,
      frees: 0,
      verified: false,
      reason: reason,
      change: change
    )
  }
}
