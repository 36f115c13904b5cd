import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

/// Closures in the hands of C code.
@Suite("C blocks in a heap") struct BlockFindingTests {
  /// A job, its item, and the block in that, which leads back to the job.
  ///
  /// Where blocks aren't read, there is raw memory, and a word.
  private func heap(readingBlocks: Bool, held: Bool = false) -> HeapBuilder {
    var heap = HeapBuilder()
    let job = heap.object("App.Job")
    let item = heap.object("Dispatch.DispatchWorkItem")
    heap.strong(job, "item", item)
    let block = readingBlocks ? heap.object("C block", .cBlock) : heap.raw()
    heap.reference(item, "_block", block)
    heap.reference(block, "", job, readingBlocks ? .strong : .conservative, function: 7)
    if readingBlocks { heap.retain(block) }
    heap.retain(job)
    if held { heap.root(item) }
    return heap
  }

  @Test("A cycle through a block is a proven retain cycle, whose fix is the work item's")
  func cycle() throws {
    let findings = heap(readingBlocks: true).analysis.findings
    let finding = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(finding.kind == .retainCycle)
    #expect(finding.confidence == .proven)
    #expect(finding.path.count == 3)
    #expect(finding.exactCount == 1)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("What accepted a leak before blocks were read goes on accepting it")
  func formerSignature() throws {
    let before = try #require(heap(readingBlocks: false).analysis.findings.first)
    let now = try #require(heap(readingBlocks: true).analysis.findings.first)
    #expect(before.kind == .unreachable)
    #expect(now.formerSignature == before.formerSignature ?? before.signature)
  }

  @Test("Blocks that something holds aren't leaked")
  func held() {
    #expect(heap(readingBlocks: true, held: true).analysis.findings.isEmpty)
  }

  @Test("A leak is named after what a block holds, where words that aren't typed hold the block")
  func words() throws {
    var heap = HeapBuilder()
    let job = heap.object("App.Job")
    let memory = heap.raw()
    let block = heap.object("C block", .cBlock)
    heap.strong(block, "", job)
    heap.reference(job, "group", memory)
    heap.reference(memory, "", block, .conservative)
    heap.retain(block)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .unreachable)
    #expect(heap.graph.type(of: finding.subject).name == "App.Job")
  }
}
