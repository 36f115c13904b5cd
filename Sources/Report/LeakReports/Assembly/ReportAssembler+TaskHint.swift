import HeapAnalysis
import HeapGraph
internal import Symbolication

extension ReportAssembler {
  /// What ends the wait of a stuck task.
  mutating func resumeTask(of finding: Finding, names: NodeNames) -> String {
    guard let number = finding.task else { return "resume the task on every path, or cancel it" }
    let task = task(number)
    let place = task.function.map { function -> String in
      let position = task.file.map { " at " + sourcePosition(file: fileName($0), line: task.line) }
      return "`\(function)`" + (position ?? "")
    }
    switch graph.tasks[number].wait {
    case .executor:
      return "run every job passed to the executor's `enqueue(_:)`: this one was dropped"
    case .task, .group:
      return "let one of these tasks end without the other: they wait for each other"
        + (place.map { ", one of them in \($0)" } ?? "")
    case .continuation, nil: break
    }
    let isStream = task.wait == "`for await`"
    // What belongs to the stream itself (its continuation, captured where it is read) can't be captured weakly.
    if let owner = finding.path.last?.edge.target, finding.path.first?.from == owner,
      !graph.type(of: owner).isOfToolchain
    {
      return release(owner, of: task, in: place ?? "the task", isStream: isStream, names: names)
    }
    if isStream {
      return
        "call `finish()` on the stream's continuation when there are no more elements, or cancel the task"
        + (place.map { ": \($0) waits for the next element" } ?? "")
    }
    return "keep the continuation, and resume it on every path, errors and cancellation included"
      + (place.map { ": \($0) waits for it" } ?? "")
  }

  /// The task keeps an object that alone could end it.
  private mutating func release(
    _ owner: NodeIndex,
    of task: TaskNames.Description,
    in place: String,
    isStream: Bool,
    names: NodeNames
  ) -> String {
    let type = shortTypeName(names.name(of: owner))
    let function = task.function ?? ""
    let isMethod = function.contains("\(type).") || function.hasPrefix("\(type).")
    let captured = isMethod ? "self" : "the \(type)"
    let fromOutside =
      isStream
      ? "cancel the task or finish its stream from outside" : "cancel the task from outside"
    guard function.hasPrefix("closure #") else {
      return "\(fromOutside), before the last other reference to the \(type) is "
        + "released: \(place) keeps \(captured) while it waits"
    }
    return "capture \(captured) weakly in \(place)"
      + (isMethod ? ": `[weak self]`, " : ", ")
      + (isStream
        ? "and unwrap it for each element only" : "and unwrap it only after the `await`")
      + "; or \(fromOutside): the task keeps the \(type), so no `deinit` can"
  }
}
