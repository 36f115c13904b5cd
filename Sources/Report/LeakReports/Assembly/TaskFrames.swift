import HeapGraph
internal import Symbolication

/// Which suspended function a word in a task's memory belongs to, and which of its variables the word is.
struct TaskFrames {
  /// A suspended function, as positions in `HeapGraph.tasks` and in that task's frames.
  struct Place: Hashable {
    var task: Int
    var frame: Int
  }

  /// A word that debug information names.
  struct Variable {
    var place: Place
    var variable: FrameVariable
    /// Its position among the function's variables: what it was given comes first, and `self` before all.
    var rank: Int
    var target: NodeIndex
  }

  private let graph: HeapGraph
  /// The tasks that `async let` keeps in the blocks of their parents.
  private let embedded: [NodeIndex: [Int]]

  init(of graph: HeapGraph) {
    self.graph = graph
    var embedded: [NodeIndex: [Int]] = [:]
    for (number, task) in graph.tasks.enumerated() where graph.taskNumbers[task.node] != number {
      embedded[task.node, default: []].append(number)
    }
    self.embedded = embedded
  }

  /// The functions whose memory begins in a block, with where it begins.
  func contexts(in block: NodeIndex) -> [(start: UInt64, place: Place)] {
    let owner = graph.taskNumbers[block] ?? graph.taskMemory[block]
    let address = graph.addresses[Int(block)]
    let size = graph.sizes[Int(block)]
    var result: [(start: UInt64, place: Place)] = []
    for number in (owner.map { [$0] } ?? []) + (embedded[block] ?? []) {
      for (frame, context) in graph.tasks[number].contexts.enumerated()
      where context.start >= address && context.start - address < size {
        result.append((context.start, Place(task: number, frame: frame)))
      }
    }
    return result
  }

  /// The function whose memory a word lies in.
  ///
  /// A task allocates as a stack does: what a function took besides its context follows that. Nil where tasks share a
  /// block, and where the function's context lies in another.
  func place(ofWordAt offset: UInt32, in block: NodeIndex) -> Place? {
    let address = graph.addresses[Int(block)] + UInt64(offset)
    let contexts = contexts(in: block)
    guard Set(contexts.map(\.place.task)).count == 1 else { return nil }
    return contexts.filter { $0.start <= address }.max { $0.start < $1.start }?.place
  }

  /// The variable that an edge's word is; nil where its target can't be the variable's value.
  func variable(
    at edge: Edge,
    from block: NodeIndex,
    _ contexts: [(start: UInt64, place: Place)],
    variables: (UInt64) -> [FrameVariable]
  ) -> Variable? {
    guard graph.states[Int(edge.target)] == .live else { return nil }
    let address = graph.addresses[Int(block)] + UInt64(edge.offset)
    for context in contexts {
      let function = graph.tasks[context.place.task].frames[context.place.frame]
      for (position, variable) in variables(function).enumerated() {
        let start = context.start &+ variable.offset
        guard start <= address, address - start < variable.size,
          isPossible(edge.target, for: variable)
        else { continue }
        return Variable(
          place: context.place,
          variable: variable,
          rank: variable.name == "self" ? -1 : position,
          target: edge.target
        )
      }
    }
    return nil
  }

  /// Whether a variable of a class is an instance of that class; of other types, an object can't be told from what it
  /// may hold.
  private func isPossible(_ target: NodeIndex, for variable: FrameVariable) -> Bool {
    guard let name = variable.className else { return true }
    let type = graph.type(of: target)
    return ([type.name] + type.superclasses).contains { candidate in
      candidate.prefix { $0 != "<" }.split(separator: ".").last.map { $0 == name } ?? false
    }
  }
}
