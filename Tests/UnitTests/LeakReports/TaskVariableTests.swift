import HeapAnalysis
import HeapGraph
import HeapTestSupport
import LeakReports
import Symbolication
import Testing

/// Words in the memory of suspended functions, named by their variables.
@Suite struct TaskVariableTests {
  private static let waiting: UInt64 = 0x1
  private static let calling: UInt64 = 0x2

  /// An owner whose task has two suspended functions, and the words that its memory has, in order from byte 16 on.
  private struct Listener {
    var heap = HeapBuilder()
    let owner: NodeIndex
    let task: NodeIndex
    let memory: NodeIndex
    var path: [Finding.Step]
    var symbols = TestSymbols()

    /// The inner function's memory begins at byte 0, the outer one's at `outerStart`.
    init(outerStart: UInt64 = 512) {
      owner = heap.block("App.Feed")
      task = heap.task(in: [TaskVariableTests.waiting, TaskVariableTests.calling])
      memory = heap.memory(of: task, contextsAt: [0, outerStart])
      path = [
        heap.property(owner, "handle", task),
        heap.reference(task, "frames", memory),
      ]
      symbols.frames = [
        TaskVariableTests.waiting + 1: [Self.frame("closure #1 in Feed.listen()")],
        TaskVariableTests.calling + 1: [Self.frame("App.run()")],
      ]
    }

    private static func frame(_ function: String) -> SymbolicatedFrame {
      SymbolicatedFrame(
        function: function,
        file: "/src/Feed.swift",
        line: 10,
        image: "App",
        isLibraryFrame: false
      )
    }

    mutating func word(_ target: NodeIndex) -> Finding.Step {
      heap.reference(memory, "", target, .conservative)
    }

    func finding(through word: Finding.Step) -> LeakReport.Finding {
      var finding = Finding.example(.stuckTask, core: [task, owner], path: path + [word])
      finding.task = 0
      return heap.report([finding], symbols: symbols).findings[0]
    }
  }

  @Test("A word is the variable whose place it has, and owns no more for that")
  func named() {
    var listener = Listener()
    let word = listener.word(listener.owner)
    listener.symbols.variables[Self.waiting] = [
      FrameVariable(name: "number", offset: 24),
      FrameVariable(name: "self", mangledType: "$s3App4FeedCD", offset: 16),
    ]
    let finding = listener.finding(through: word)
    let step = finding.path[1]
    #expect(step.via == "self")
    #expect(step.variableOf == "closure #1 in Feed.listen()")
    #expect(!step.exact)
    #expect(step.ownership == .conservative)
    let frames = finding.suspendedIn ?? []
    #expect(frames.first?.variables == [.init(name: "self", type: "App.Feed")])
    #expect(frames.last?.variables == nil)
  }

  @Test("A word that no variable has keeps the name of its function")
  func unnamed() {
    var listener = Listener()
    let word = listener.word(listener.owner)
    let step = listener.finding(through: word).path[1]
    #expect(step.via == "frame of closure #1 in Feed.listen()")
    #expect(step.variableOf == nil)
  }

  @Test("A word belongs to the function whose memory it lies in")
  func outer() {
    var listener = Listener(outerStart: 16)
    let word = listener.word(listener.owner)
    #expect(listener.finding(through: word).path[1].via == "frame of App.run()")
    listener.symbols.variables[Self.calling] = [FrameVariable(name: "feed", offset: 0)]
    let step = listener.finding(through: word).path[1]
    #expect(step.via == "feed")
    #expect(step.variableOf == "App.run()")
  }

  @Test(
    "An object that the variable can't refer to was left in its place",
    arguments: [
      ("$s3App4FeedCD", "App.Feed", true), ("$s3App4FeedCD", "App.Other", false),
      ("$s3App4BaseCD", "App.Feed", true), ("$s3App4FeedCSgD", "App.Other", false),
      ("$s3App4FeedCySiGD", "App.Feed<Swift.Int>", true), ("$s3App4PairVD", "App.Other", true),
    ]
  )
  func stale(type: String, object: String, isNamed: Bool) throws {
    var listener = Listener()
    let target = listener.heap.block(object)
    let index = Int(listener.heap.graph.typeIndices[Int(target)])
    listener.heap.graph.types[index].superclasses = object == "App.Feed" ? ["App.Base"] : []
    let word = listener.word(target)
    listener.symbols.variables[Self.waiting] = [
      FrameVariable(name: "x", mangledType: type, offset: 16)
    ]
    #expect(listener.finding(through: word).path[1].via == (isNamed ? "x" : Self.unnamed))
  }

  private static let unnamed = "frame of closure #1 in Feed.listen()"

  @Test("What isn't a live object is no variable's value", arguments: [NodeState.raw, .deinited])
  func dead(state: NodeState) {
    var listener = Listener()
    let target = listener.heap.block("App.Gone", state: state)
    let word = listener.word(target)
    listener.symbols.variables[Self.waiting] = [FrameVariable(name: "x", offset: 16)]
    #expect(listener.finding(through: word).path[1].via == Self.unnamed)
  }

  @Test("Of several words for one object, `self` of the innermost function names it")
  func several() {
    var listener = Listener(outerStart: 40)
    let words = (0..<4).map { _ in listener.word(listener.owner) }
    listener.symbols.variables[Self.waiting] = [
      FrameVariable(name: "feed", offset: 16), FrameVariable(name: "self", offset: 24),
    ]
    listener.symbols.variables[Self.calling] = [FrameVariable(name: "outer", offset: 0)]
    for word in words { #expect(listener.finding(through: word).path[1].via == "self") }
  }

  @Test("A value of several words is one variable, and a place beyond every address is none")
  func sizes() {
    var listener = Listener()
    let word = listener.word(listener.owner)
    _ = listener.word(listener.owner)
    listener.symbols.variables[Self.waiting] = [
      FrameVariable(name: "far", offset: .max - 8),
      FrameVariable(name: "pair", offset: 16, size: 16),
    ]
    let finding = listener.finding(through: word)
    #expect(finding.path[1].via == "pair")
    #expect(finding.suspendedIn?.first?.variables?.map(\.name) == ["pair"])
  }
}
