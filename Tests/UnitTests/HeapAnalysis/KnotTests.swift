import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

/// A channel, its pipeline, and what else they hold: none of its references is the wrong one.
@Suite struct KnotTests {
  private static let names: [UInt64: String] = [
    0x10: "$s3Net7ChannelCACycfC", 0x20: "$s3Net7ChannelCACycfc", 0x30: "$s3App4testyyF",
  ]

  private func symbols(_ calls: [String: String] = [:]) -> ProgramSymbols {
    ProgramSymbols(
      functionName: { Self.names[$0] },
      dependencies: { ["Net"] },
      endingCalls: { calls }
    )
  }

  /// The objects in a ring, with references back: many cycles.
  private func knot(_ heap: inout HeapBuilder, _ types: [String]) -> [NodeIndex] {
    let nodes = types.map { heap.object($0) }
    for (index, node) in nodes.enumerated() {
      let next = nodes[(index + 1) % nodes.count]
      heap.strong(node, "next", next)
      heap.strong(next, "previous", node)
    }
    return nodes
  }

  private static let types = [
    "Net.Pipeline", "Net.Head", "Net.Tail", "Net.Channel", "Net.Loop", "Net.Handler",
  ]

  @Test("A knot is named after the object that the program made, with the call that ends it")
  func head() throws {
    var heap = HeapBuilder()
    let nodes = knot(&heap, Self.types)
    // The channel's initializers made the rest; the program's test made the channel.
    heap.graph.callStacks = [1: [0x21, 0x11, 0x31], 2: [0x11, 0x31]]
    for node in nodes { heap.graph.stackIDs[Int(node)] = 1 }
    heap.graph.stackIDs[Int(nodes[3])] = 2
    heap.symbols = symbols(["Net.Channel": "close()"])
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.subject == nodes[3])
    #expect(finding.path.first?.from == nodes[3])
    #expect(finding.hint?.change == .call("call `close()` on the `Channel` when it is done"))
  }

  @Test("Knots of one head have one signature, whatever else is in them")
  func signature() {
    var heap = HeapBuilder()
    _ = knot(&heap, ["Net.Channel"] + Self.types.filter { $0 != "Net.Channel" })
    _ = knot(&heap, ["Net.Channel", "Net.Other", "Net.Third", "Net.Tail", "Net.Loop"])
    heap.symbols = symbols(["Net.Channel": "close()"])
    #expect(heap.analysis.findings.map(\.instances.count) == [2])
  }

  @Test(
    "What only a knot holds goes with it; a cycle that an ordinary one holds is a finding of its own"
  )
  func attached() {
    var heap = HeapBuilder()
    let nodes = knot(&heap, Self.types)
    let (future, _) = heap.couple("Net.Future", "Net.Callback")
    heap.strong(nodes[0], "future", future)
    #expect(heap.analysis.findings.count == 1)

    var other = HeapBuilder()
    let (owner, _) = other.couple()
    let (held, _) = other.couple("Model", "View")
    other.strong(owner, "model", held)
    #expect(other.analysis.findings.count == 2)
  }

  @Test("Advice is the program's to follow: of two references, its own is changed")
  func ownReference() throws {
    var heap = HeapBuilder()
    let download = heap.object("App.Download")
    let session = heap.object("Net.Session")
    heap.strong(download, "session", session)
    heap.strong(session, "delegate", download)
    #expect(heap.analysis.findings.first?.hintText(in: heap.graph) == "Net.Session.delegate")
    heap.symbols = symbols()
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.hint?.change == .breakByHand)
    #expect(finding.hintText(in: heap.graph) == "App.Download.session")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A library's call comes first where the table has it, and is verified")
  func remedy() throws {
    var heap = HeapBuilder()
    let download = heap.object("App.Download")
    let session = heap.object("FoundationNetworking.URLSession")
    let raw = heap.raw()
    let other = heap.raw()
    heap.strong(download, "session", session)
    heap.strong(session, "delegate", download)
    // Raw blocks that hold each other are no objects that remain.
    heap.reference(session, "", raw, .conservative)
    heap.reference(raw, "", other, .conservative)
    heap.reference(other, "", raw, .conservative)
    let hint = try #require(heap.analysis.findings.first?.hint)
    guard case .call(let call) = hint.change else {
      Issue.record("\(hint.change)")
      return
    }
    #expect(call.contains("invalidateAndCancel()"))
    #expect(hint.isVerified)
    #expect(hint.frees == 2)
  }

  @Test(
    "Strings and arrays that nothing owns were lost with the memory that held them, and so were objects beside them"
  )
  func deinitialize() throws {
    var heap = HeapBuilder()
    let text = heap.object("Swift.__StringStorage", .collectionStorage)
    let list = heap.object("Swift._ContiguousArrayStorage<Swift.Int>", .collectionStorage)
    let node = heap.object("App.Node")
    let session = heap.object("App.Session")
    for object in [text, list, node, session] { heap.retain(object) }
    heap.graph.callStacks = [1: [0x31]]
    for object in [text, list, node] { heap.graph.stackIDs[Int(object)] = 1 }
    heap.symbols = symbols()
    let analysis = heap.analysis
    let changes = Dictionary(
      uniqueKeysWithValues: analysis.findings.map { ($0.subject, $0.hint?.change) }
    )
    // Apart by what they are.
    #expect(analysis.findings.count == 4)
    #expect(changes[text] == .deinitialize)
    #expect(changes[list] == .deinitialize)
    #expect(changes[node] == .deinitialize)
    #expect(changes[session] == .balanceRetain)
  }
}
