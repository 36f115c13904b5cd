import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@Suite struct HeldFromOutsideTests {
  @Test("A retain that no word explains is unbalanced, and what the object holds is owned")
  func unbalanced() throws {
    var heap = HeapBuilder()
    let session = heap.object("Session")
    let detail = heap.object("Detail")
    heap.strong(session, "detail", detail)
    heap.retain(session)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .unbalancedRetain)
    #expect(finding.confidence == .proven)
    #expect(finding.instances[0].core == [session])
    #expect(finding.instances[0].owned == [detail])
    #expect(finding.hint?.change == .balanceRetain)
    #expect(finding.hint?.frees == 2)
    #expect(finding.hint?.isVerified == true)
    #expect(finding.path == [])
  }

  @Test("A Swift frame on a stack may own it: then an unbalanced retain is only possible")
  func swiftFrame() throws {
    var heap = HeapBuilder()
    heap.retain(heap.object("Session"))
    heap.thread(hasSwiftFrame: true)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .unbalancedRetain)
    #expect(finding.confidence == .possible)
    #expect(finding.reasons.count == 1)
    #expect(heap.analysis.leakedNodes == [])
  }

  @Test("A Swift frame says nothing against a cycle")
  func swiftFrameAndCycle() {
    var heap = HeapBuilder()
    _ = heap.couple()
    heap.thread(hasSwiftFrame: true)
    #expect(heap.analysis.findings.map(\.confidence) == [.proven])
  }

  @Test("A retain too many on a member of a cycle is one finding that shows the cycle")
  func unbalancedInCycle() throws {
    var heap = HeapBuilder()
    let (owner, pet) = heap.couple()
    heap.retain(pet)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .unbalancedRetain)
    #expect(finding.subject == pet)
    #expect(finding.instances[0].core == [pet])
    #expect(finding.instances[0].owned == [owner])
    #expect(finding.path.count == 2)
    // Balanced, the cycle would still hold itself.
    #expect(finding.hint?.isVerified == false)
  }

  @Test("An unexplained retain that a root's word could be is none")
  func reached() {
    var heap = HeapBuilder()
    let session = heap.object("Session")
    heap.retain(session, 3)
    heap.root(session, owns: false)
    #expect(heap.analysis.findings.isEmpty)
    #expect(heap.analysis.countsUnexplained == 1)
  }

  @Test(
    "A word of a live object could be the owner",
    arguments: [Ownership.unmanaged, .conservative]
  )
  func reachedThroughObject(_ ownership: Ownership) {
    var heap = HeapBuilder()
    let holder = heap.object("Holder")
    let session = heap.object("Session")
    heap.root(holder)
    heap.reference(holder, "handle", session, ownership)
    heap.retain(session)
    #expect(heap.analysis.findings.isEmpty)
  }

  @Test(
    "A weak or unowned word of a live object is no owner",
    arguments: [Ownership.weak, .unowned]
  )
  func namedOnly(_ ownership: Ownership) throws {
    var heap = HeapBuilder()
    let holder = heap.object("Holder")
    let session = heap.object("Session")
    heap.root(holder)
    heap.reference(holder, "session", session, ownership)
    heap.retain(session)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .unbalancedRetain)
    #expect(finding.confidence == .checked)
    #expect(finding.namings.count == 1)
  }

  @Test(
    "An object held by raw memory that nothing reaches is unreachable: checked however many words name it, unless a frame may own it",
    arguments: [(0, false, Confidence.checked), (1, false, .checked), (0, true, .possible)]
  )
  func unreachable(_ spurious: Int, _ hasFrame: Bool, _ confidence: Confidence) throws {
    var heap = HeapBuilder()
    let raw = heap.raw()
    let inner = heap.raw()
    let session = heap.object("Session")
    heap.reference(raw, "", inner, .conservative)
    for _ in 0...spurious { heap.reference(inner, "", session, .conservative) }
    heap.retain(session)
    if hasFrame { heap.thread(hasSwiftFrame: true) }
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .unreachable)
    #expect(finding.confidence == confidence)
    #expect(finding.instances[0].core == [session])
  }

  @Test("Of a chain only the head is reported, the rest is owned")
  func chain() throws {
    var heap = HeapBuilder()
    let head = heap.object("Head")
    let middle = heap.object("Middle")
    let raw = heap.raw()
    let last = heap.object("Last")
    heap.retain(head)
    heap.strong(head, "middle", middle)
    heap.reference(middle, "memory", raw, .unmanaged)
    heap.reference(raw, "", last, .conservative)
    heap.retain(last)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances[0].core == [head])
    #expect(finding.instances[0].owned == [middle, raw, last])
  }

  @Test("A second retain without a release needs a fix of its own")
  func twoRetains() {
    var heap = HeapBuilder()
    let head = heap.object("Head")
    let other = heap.object("Other")
    heap.retain(head)
    heap.strong(head, "other", other)
    heap.retain(other)
    let findings = heap.analysis.findings
    #expect(findings.map(\.kind) == [.unbalancedRetain, .unbalancedRetain])
    #expect(findings.flatMap(\.instances).flatMap(\.owned) == [])
  }

  @Test("A cycle that runs through raw memory is one unreachable finding")
  func cycleThroughRaw() throws {
    var heap = HeapBuilder()
    let node = heap.object("Node")
    let raw = heap.raw()
    heap.reference(node, "memory", raw, .unmanaged)
    heap.reference(raw, "", node, .conservative)
    heap.retain(node)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .unreachable)
    #expect(finding.instances[0].core == [node])
    #expect(finding.instances[0].owned == [raw])
  }

  @Test("A suspended task that nothing reaches is stuck, and owns what its frame holds")
  func stuckTask() throws {
    var heap = HeapBuilder()
    let task = heap.task()
    let slab = heap.raw()
    let model = heap.object("Model")
    let image = heap.object("Image")
    heap.reference(task, "frame", slab, .conservative)
    heap.reference(slab, "frame", model, .conservative)
    // One word in the frame, two retains.
    heap.retain(model, 2)
    heap.strong(model, "image", image)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.kind == .stuckTask)
    #expect(finding.confidence == .checked)
    #expect(finding.instances[0].core == [task])
    #expect(finding.instances[0].owned == [slab, model, image])
    #expect(finding.hint?.change == .resumeTask)

    // What the kernel keeps to itself could resume it.
    heap.graph.hiddenHolders = ["io_uring"]
    #expect(heap.analysis.findings.map(\.confidence) == [.possible])
  }

  @Test("An init on a stack leaves a finding that names its type checked")
  func unfinished() throws {
    var heap = HeapBuilder()
    _ = heap.couple("App.Owner<Swift.Int>", "App.Pet")
    #expect(heap.analysis.findings.map(\.confidence) == [.proven])
    heap.graph.unfinishedTypes = ["Stranger"]
    #expect(heap.analysis.findings.map(\.confidence) == [.proven])
    heap.graph.unfinishedTypes = ["Owner"]
    #expect(heap.analysis.findings.map(\.confidence) == [.checked])
    #expect(heap.analysis.findings[0].reasons.contains { $0.contains("init or deinit") })
  }

  @Test("A task that a reachable continuation names is not stuck")
  func waitingTask() {
    var heap = HeapBuilder()
    let task = heap.task()
    let queue = heap.object("Queue")
    heap.root(queue)
    heap.reference(queue, "continuation", task, .unmanaged)
    #expect(heap.analysis.findings.isEmpty)
  }

  @Test("A closure that nothing owns is reported although it is no class instance")
  func closure() {
    var heap = HeapBuilder()
    heap.retain(heap.closure())
    #expect(heap.analysis.findings.map(\.kind) == [.unbalancedRetain])
  }
}
