import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@Suite struct StuckTaskTests {
  /// A listener owns the task that reads its stream, and the task's frame keeps the listener.
  private func listener(
    _ heap: inout HeapBuilder,
    words: Int = 1
  ) -> (owner: NodeIndex, task: NodeIndex) {
    let owner = heap.object("App.Purchases")
    let task = heap.task(in: [0x100])
    let frame = heap.frames(of: task)
    heap.strong(owner, "handle", task)
    heap.reference(task, "", frame, .conservative)
    heap.reference(frame, "", task, .conservative)
    for _ in 0..<words { heap.reference(frame, "", owner, .conservative) }
    heap.retain(owner)
    return (owner, task)
  }

  @Test(
    "More words than counts are no doubt, nor is a frame on a stack",
    arguments: [1, 4],
    [false, true]
  )
  func words(_ words: Int, _ hasFrame: Bool) throws {
    var heap = HeapBuilder()
    let (owner, task) = listener(&heap, words: words)
    if hasFrame { heap.thread(hasSwiftFrame: true) }
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .stuckTask)
    #expect(finding.confidence == .checked)
    #expect(finding.instances[0].core == [task])
    #expect(finding.instances[0].owned.contains(owner))
    // From the object that its author knows, through the task, and back.
    #expect(finding.path.first?.from == owner)
    #expect(finding.path.last?.edge.target == owner)
    #expect(finding.path.contains { $0.edge.target == task })
  }

  @Test("A frame that may own a member, too, is said, and changes nothing")
  func frameOwner() throws {
    var heap = HeapBuilder()
    let (owner, _) = listener(&heap)
    heap.retain(owner)
    heap.thread(hasSwiftFrame: true)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.confidence == .checked)
    #expect(finding.reasons.contains { $0.contains("App.Purchases") })
  }

  @Test(
    "What is left on the stack of a thread that ends the program holds only what it may own",
    arguments: ["frame", "owner", "task"]
  )
  func endingThread(word: String) throws {
    var heap = HeapBuilder()
    let (owner, task) = listener(&heap)
    let frame = try #require(heap.graph.taskMemory.keys.first)
    let named = ["frame": frame, "owner": owner, "task": task][word] ?? owner
    // A thread that goes on may use it, and resume the task.
    var used = heap
    used.root(named, owns: false)
    #expect(used.analysis.findings.isEmpty)
    heap.wordOfEndingThread(named)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .stuckTask && finding.confidence == .checked)
    #expect(finding.namings.isEmpty)
    // A count that nothing else explains is such a thread's.
    var owned = heap
    owned.retain(owner)
    owned.wordOfEndingThread(owner)
    #expect(owned.analysis.findings.isEmpty)
  }

  @Test("A cycle that remains when the task has ended is a finding of its own")
  func cycleBeside() throws {
    var heap = HeapBuilder()
    let (owner, task) = listener(&heap)
    let (delegate, view) = heap.couple("App.Delegate", "App.View")
    heap.strong(owner, "delegate", delegate)
    heap.strong(delegate, "owner", owner)
    let findings = heap.analysis.findings
    #expect(findings.map(\.kind) == [.stuckTask, .retainCycle])
    let (stuck, cycle) = (findings[0], findings[1])
    #expect(stuck.instances[0].core == [task])
    #expect(Set(cycle.instances[0].core) == [owner, delegate, view])
    #expect(!cycle.path.contains { $0.edge.target == task })
    // The frame still holds the owner.
    #expect(cycle.hint?.isVerified == false)
    #expect(cycle.reasons.contains { $0.contains("alone doesn't free") })
  }

  @Test("One that only the task closes, or a stream that ends with it, isn't")
  func noCycleBeside() {
    var heap = HeapBuilder()
    let (owner, _) = listener(&heap)
    let stream = heap.object("Swift.AsyncStream<Swift.Int>._Storage")
    let handler = heap.closure()
    heap.strong(owner, "continuation.storage", stream)
    heap.strong(stream, "onTermination", handler)
    heap.strong(handler, "", owner)
    #expect(heap.analysis.findings.map(\.kind) == [.stuckTask])
  }

  @Test("A task that waits for another is a consequence of that one")
  func consequence() throws {
    var heap = HeapBuilder()
    let child = heap.task(in: [0x100])
    let parent = heap.task(waitingFor: [child], in: [0x200])
    heap.reference(child, "", parent, .conservative)
    heap.reference(parent, "", child, .conservative)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances.map(\.core) == [[child]])
    #expect(finding.waiters.map { heap.graph.tasks[$0].node } == [parent])
  }

  @Test("Tasks that wait for each other are one finding")
  func deadlock() throws {
    var heap = HeapBuilder()
    let first = heap.task(in: [0x100])
    let second = heap.task(waitingFor: [first], in: [0x200])
    heap.graph.tasks[0].waitsFor = [1]
    heap.reference(first, "", second, .conservative)
    heap.reference(second, "", first, .conservative)
    #expect(heap.analysis.findings.map(\.kind) == [.stuckTask])
    #expect(heap.analysis.findings[0].instances.map(\.core) == [[first]])
  }

  @Test(
    "Children that lose different awaits are findings of their own, those that lose the same are one"
  )
  func severalCauses() throws {
    var heap = HeapBuilder()
    let children = [0x100, 0x100, 0x300].map { heap.task(in: [$0]) }
    let parent = heap.task(waitingFor: children, in: [0x400])
    for child in children {
      heap.reference(child, "", parent, .conservative)
      heap.reference(parent, "", child, .conservative)
    }
    let findings = heap.analysis.findings
    #expect(findings.map(\.instances.count).sorted() == [1, 2])
    #expect(Set(findings.map(\.signature)).count == 2)
    // Each block once.
    let nodes = findings.flatMap(\.instances).flatMap { $0.core + $0.owned }
    #expect(nodes.sorted() == children + [parent])
  }

  @Test("The signature is the function and its await, not its address")
  func signature() throws {
    func signature(_ function: UInt64, _ name: String) throws -> String {
      var heap = HeapBuilder()
      _ = heap.task(in: [function])
      heap.symbols = ProgramSymbols(functionName: { _ in name }, dependencies: { [] })
      return try #require(heap.analysis.findings.first).signature
    }
    let first = try signature(0x100, "$s3App4loadyyYaFTQ1_")
    #expect(try signature(0x900, "$s3App4loadyyYaFTQ1_") == first)
    #expect(try signature(0x900, "$s3App4loadyyYaFTQ1_.22") == first)
    #expect(try signature(0x100, "$s3App4loadyyYaFTQ3_") != first)
    #expect(try signature(0x100, "$s3App4saveyyYaFTQ1_") != first)
  }

  @Test("An await in a package that the program depends on is told apart by the caller")
  func awaitInDependency() throws {
    func signature(_ caller: String) throws -> String {
      var heap = HeapBuilder()
      _ = heap.task(in: [1, 2, 3])
      let names = [1: "$sScS4nextyYaF", 2: "$s7NIOCore5writeyyYaFTQ0_", 3: caller]
      heap.symbols = ProgramSymbols(
        functionName: { names[Int($0)] },
        dependencies: { ["NIOCore"] }
      )
      return try #require(heap.analysis.findings.first).signature
    }
    #expect(try signature("$s3App4sendyyYaFTQ0_") != signature("$s3App5replyyyYaFTQ0_"))
  }

  @Test("A task whose handle a leak has goes with that leak; one without stays stuck")
  func heldByLeak() {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let task = heap.task(in: [0x100])
    heap.strong(owner, "task", task)
    #expect(heap.analysis.findings.map(\.kind) == [.retainCycle])

    var other = HeapBuilder()
    let (feed, _) = other.couple()
    let storage = other.object("Storage")
    let reader = other.task(in: [0x100])
    other.strong(feed, "storage", storage)
    other.reference(storage, "continuation", reader, .conservative)
    other.reference(reader, "", storage, .conservative)
    other.retain(storage)
    #expect(Set(other.analysis.findings.map(\.kind)) == [.retainCycle, .stuckTask])
  }

  @Test("A finished task is an object like others: it doesn't own itself")
  func finished() throws {
    var heap = HeapBuilder()
    let loader = heap.object("Loader")
    let task = heap.task(.finished)
    heap.strong(loader, "task", task)
    heap.strong(task, "result", loader)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .retainCycle)
    #expect(finding.confidence == .proven)
  }

  @Test("A task that runs is no leak by itself")
  func running() {
    var heap = HeapBuilder()
    _ = heap.task(.running)
    #expect(heap.analysis.findings.isEmpty)
  }

  @Test(
    "A cycle that an over-retained object holds is a finding of its own, no surer than that object"
  )
  func heldCycle() {
    var heap = HeapBuilder()
    let session = heap.object("Session")
    let (owner, _) = heap.couple()
    heap.strong(session, "owner", owner)
    heap.retain(session)
    #expect(heap.analysis.findings.map(\.kind) == [.unbalancedRetain, .retainCycle])
    heap.thread(hasSwiftFrame: true)
    #expect(heap.analysis.findings.map(\.confidence) == [.possible, .possible])
  }
}
