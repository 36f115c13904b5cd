import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

/// What the caller and the graph say of the whole program, and what that does to a verdict.
@Suite struct HeapIndexTests {
  @Test(
    "Where the runtime is of an unknown release, nothing is proven, and what is possible stays so"
  )
  func unknownRuntime() {
    var heap = HeapBuilder()
    _ = heap.couple()
    heap.retain(heap.object("App.Lost"))
    heap.thread(hasSwiftFrame: true)
    var graph = heap.built
    #expect(HeapAnalysis(of: graph).findings.map(\.confidence) == [.proven, .possible])
    graph.isRuntimeKnown = false
    #expect(HeapAnalysis(of: graph).findings.map(\.confidence) == [.checked, .possible])
  }

  @Test("A frame that can't own anything makes a retain without a word no less sure")
  func frames() {
    var heap = HeapBuilder()
    heap.retain(heap.object("App.Lost"))
    heap.thread(hasSwiftFrame: true)
    let options = AnalysisOptions(framesOwnWithoutWords: false)
    let index = HeapIndex(of: heap.built, options: options)
    #expect(heap.analysis.findings.map(\.confidence) == [.possible])
    #expect(HeapAnalysis(of: index).findings.map(\.confidence) == [.proven])
  }
}
