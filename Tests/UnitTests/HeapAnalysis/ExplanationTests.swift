import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@Suite struct ExplanationTests {
  private func explain(_ heap: HeapBuilder, _ query: String) -> Explanation {
    let graph = heap.built
    var analysis = heap.analysis
    analysis.explain([query], in: HeapIndex(of: graph))
    return analysis.explanations[0]
  }

  private func names(_ group: Explanation.Group, in heap: HeapBuilder) -> [String] {
    group.path.steps.map { heap.graph.label(of: $0.edge).name }
  }

  @Test("Instances that are held in the same way are one group, with the way from the root")
  func groups() {
    var heap = HeapBuilder()
    let registry = heap.object("App.Registry")
    heap.root(registry)
    let storage = heap.storage()
    heap.strong(registry, "sessions", storage)
    for _ in 0..<3 { heap.strong(storage, "[]", heap.object("App.Session")) }
    let lonely = heap.object("App.Session")
    heap.strong(registry, "current", lonely)
    let explanation = explain(heap, "App.Session")
    #expect(explanation.types == ["App.Session"])
    #expect(explanation.groups.map(\.instances.count) == [3, 1])
    #expect(names(explanation.groups[0], in: heap) == ["sessions", "[]"])
    #expect(names(explanation.groups[1], in: heap) == ["current"])
    #expect(explanation.groups.allSatisfy { $0.path.start == .word(0) })
  }

  @Test("A way along owning references comes before a shorter one along words that look like such")
  func owningFirst() {
    var heap = HeapBuilder()
    let registry = heap.object("App.Registry")
    let cache = heap.object("App.Cache")
    let session = heap.object("App.Session")
    heap.root(registry)
    heap.reference(registry, "", session, .conservative)
    heap.strong(registry, "cache", cache)
    heap.strong(cache, "session", session)
    #expect(names(explain(heap, "Session").groups[0], in: heap) == ["cache", "session"])
  }

  @Test("The links of a list, however many, are one way")
  func list() {
    var heap = HeapBuilder()
    var node = heap.object("App.Node")
    heap.root(node)
    for _ in 0..<1000 {
      let next = heap.object("App.Node")
      heap.strong(node, "next", next)
      node = next
    }
    let explanation = explain(heap, "App.Node")
    // The one that the root names, and those that another one holds.
    #expect(explanation.groups.map(\.instances.count) == [1000, 1])
    #expect(explanation.groups[0].path.steps.count == 1)
  }

  @Test("Weak references are no way; what is leaked or named by nothing is counted apart")
  func others() {
    var heap = HeapBuilder()
    let registry = heap.object("App.Registry")
    heap.root(registry)
    let cyclic = heap.object("App.Session")
    heap.strong(cyclic, "me", cyclic)
    heap.reference(registry, "last", cyclic, .weak)
    heap.thread(hasSwiftFrame: true)
    let explanation = explain(heap, "App.Session")
    #expect(explanation.groups.isEmpty)
    #expect(explanation.leaked == [cyclic])
    #expect(explanation.unnamed.isEmpty)
  }

  @Test("Static objects and those whose deinit runs hold by themselves")
  func objects() {
    var heap = HeapBuilder()
    let holder = heap.object("App.Static", state: .immortal)
    let session = heap.object("App.Session")
    heap.strong(holder, "session", session)
    let group = explain(heap, "App.Session").groups[0]
    #expect(group.path.start == .object(holder))
    #expect(names(group, in: heap) == ["session"])
  }

  @Test(
    "A type is named in full, by its last parts, or without its generic arguments",
    arguments: ["App.Net.Box<Swift.Int>", "Net.Box<Swift.Int>", "Box", "Net.Box", "App.Net.Box"]
  )
  func matching(query: String) {
    var heap = HeapBuilder()
    heap.root(heap.object("App.Net.Box<Swift.Int>"))
    heap.root(heap.object("App.Net.Inbox"))
    #expect(explain(heap, query).types == ["App.Net.Box<Swift.Int>"])
  }

  @Test("A type that isn't alive has suggestions and nothing else")
  func unknown() {
    var heap = HeapBuilder()
    heap.root(heap.object("App.Net.Inbox"))
    let explanation = explain(heap, "inbox")
    #expect(explanation.types.isEmpty && explanation.groups.isEmpty)
    #expect(explanation.suggestions == ["App.Net.Inbox"])
  }
}
