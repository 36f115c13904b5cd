import HeapGraph
import HeapTestSupport
import Testing

@testable import HeapAnalysis

@Suite struct HintTests {
  private func hint(
    _ build: (inout HeapBuilder) -> Void
  ) throws -> (
    finding: Finding, text: String
  ) {
    var heap = HeapBuilder()
    build(&heap)
    let findings = heap.analysis.findings
    try #require(findings.count == 1)
    return (findings[0], findings[0].hintText(in: heap.built))
  }

  @Test("A closure stored by the object that it captures: the capture is to be weak")
  func closure() throws {
    let (finding, text) = try hint { heap in
      let owner = heap.object("Owner")
      let closure = heap.closure()
      heap.strong(owner, "handler", closure)
      heap.strong(closure, "capture 0", owner, slotType: "Owner")
    }
    #expect(text == "closure context.capture 0")
    #expect(finding.hint?.reason == "the closure is stored by the object that it captures")
    #expect(finding.hint?.frees == 2)
    #expect(finding.hint?.freesInstances == 1)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A capture refers back also where what stores the closure was allocated first")
  func injected() throws {
    let (finding, text) = try hint { heap in
      let station = heap.object("App.Station")
      let display = heap.object("App.Display")
      heap.strong(display, "station", station)
      // A closure that captures one object has that as its context.
      heap.reference(station, "onChange", display, function: 0x100)
      heap.retain(display)
    }
    #expect(text == "App.Station.onChange")
    #expect(finding.hint?.reason == "the object that the closure captures keeps the closure alive")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("The same through an array of closures and a captured variable")
  func closureInArray() throws {
    let (finding, text) = try hint { heap in
      let owner = heap.object("Owner")
      let storage = heap.storage()
      let closure = heap.closure()
      let box = heap.box()
      heap.strong(owner, "handlers", storage)
      heap.strong(storage, "[0]", closure)
      heap.strong(closure, "capture 0", box)
      heap.strong(box, "value", owner)
    }
    #expect(text == "closure context.capture 0")
    #expect(finding.hint?.reason == "the closure is stored by the object that it captures")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A name such as delegate is to be weak, although its target is younger")
  func name() throws {
    let (finding, text) = try hint { heap in
      let view = heap.object("View")
      let controller = heap.object("Controller")
      heap.strong(view, "delegate", controller)
      heap.strong(controller, "view", view)
    }
    #expect(text == "View.delegate")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("Without a name that helps, the reference to the older object is to be weak")
  func births() throws {
    let (finding, text) = try hint { heap in
      let first = heap.object("First")
      let second = heap.object("Second")
      heap.strong(first, "a", second)
      heap.strong(second, "b", first)
    }
    #expect(text == "Second.b")
    #expect(finding.hint?.reason == "its target was allocated first")
  }

  @Test("A reference that many objects have to one is to be weak, whatever was allocated first")
  func fanIn() throws {
    let (_, text) = try hint { heap in
      let parts = (0..<5).map { _ in heap.object("Part") }
      let hub = heap.object("Hub")
      for (index, part) in parts.enumerated() {
        heap.strong(hub, "part\(index)", part)
        heap.strong(part, "hub", hub)
      }
    }
    #expect(text == "Part.hub")
  }

  @Test("An only owner is never to be weak: a list is broken by its other direction")
  func doublyLinked() throws {
    let (finding, text) = try hint { heap in
      let nodes = (0..<20).map { _ in heap.object("Node") }
      for (first, second) in zip(nodes, nodes.dropFirst()) {
        heap.strong(first, "next", second)
        heap.strong(second, "previous", first)
      }
    }
    #expect(text == "Node.previous")
    #expect(finding.hint?.change == .weaken)
    #expect(finding.hint?.frees == 20)
    #expect(finding.hint?.isVerified == true)
  }

  @Test(
    "References of a library's own cycle are left out, where the author's lets go of the object"
  )
  func subscription() throws {
    let (finding, text) = try hint { heap in
      let model = heap.object("App.Model")
      let sink = heap.object("Combine.Sink")
      let conduit = heap.object("Combine.Conduit")
      let closure = heap.closure()
      heap.strong(model, "subscription", sink)
      heap.strong(sink, "receive", closure)
      heap.strong(closure, "capture 0", model, slotType: "App.Model")
      // Until the sink is cancelled, which the subscription's end would do.
      heap.strong(sink, "conduit", conduit)
      heap.strong(conduit, "downstream", sink)
    }
    #expect(text == "closure context.capture 0")
    #expect(finding.hint?.frees == 1)
    #expect(finding.hint?.isVerified == false)
  }

  @Test("References of a library stay part of the answer, where the object would stay without them")
  func delegateInLibrary() throws {
    let (finding, text) = try hint { heap in
      let model = heap.object("App.Model")
      let connection = heap.object("Network.Connection")
      let closure = heap.closure()
      heap.strong(model, "connection", connection)
      heap.strong(connection, "delegate", model)
      heap.strong(connection, "onClose", closure)
      heap.strong(closure, "capture 0", model, slotType: "App.Model")
    }
    #expect(text == "Network.Connection.delegate closure context.capture 0")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("Where one reference isn't enough, the smallest set that is, is found")
  func pair() throws {
    let (finding, text) = try hint { heap in
      let owner = heap.object("Owner")
      let pet = heap.object("Pet")
      let closure = heap.closure()
      heap.strong(owner, "pet", pet)
      heap.strong(pet, "owner", owner)
      heap.strong(owner, "handler", closure)
      heap.strong(closure, "capture 0", owner, slotType: "Owner")
    }
    #expect(text == "Pet.owner closure context.capture 0")
    #expect(finding.hint?.steps.count == 1)
    #expect(finding.hint?.extraSteps.count == 1)
    #expect(finding.hint?.isVerified == true)
    #expect(finding.hint?.frees == 3)
  }

  @Test("Two references are preferred to four, although each of the four looks better")
  func pairBeforeGreedy() throws {
    let (finding, text) = try hint { heap in
      let hub = heap.object("Hub")
      let parts = [heap.object("Left"), heap.object("Right")]
      for part in parts { heap.strong(part, "parent", hub) }
      for (index, part) in (parts + parts).enumerated() {
        let closure = heap.object("closure \(index)", .closureContext)
        heap.strong(hub, "handler\(index)", closure)
        heap.strong(closure, "capture 0", part)
      }
    }
    #expect(text == "Left.parent Right.parent")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("Without call order the name of the slot decides, not its address")
  func noBirths() throws {
    for order in [["A", "B"], ["B", "A"]] {
      var heap = HeapBuilder()
      let first = heap.object(order[0])
      let second = heap.object(order[1])
      heap.strong(first, "x", second)
      heap.strong(second, "x", first)
      heap.graph.births = [0, 0]
      #expect(heap.analysis.findings.map { $0.hintText(in: heap.built) } == ["A.x"])
    }
  }

  @Test("Three cycles through one object by three properties need three weak references")
  func three() throws {
    let (finding, text) = try hint { heap in
      let hub = heap.object("Hub")
      for index in 0..<3 {
        let part = heap.object("Part\(index)")
        heap.strong(hub, "part\(index)", part)
        heap.strong(part, "hub", hub)
      }
    }
    #expect(text == "Part0.hub Part1.hub Part2.hub")
    #expect(finding.hint?.isVerified == true)
  }

  @Test("An inherited property counts as the one that its class declares")
  func inherited() throws {
    var heap = HeapBuilder()
    let hub = heap.object("Hub")
    for index in 0..<5 {
      let part = heap.object("Part\(index)")
      heap.strong(hub, "part\(index)", part)
      heap.strong(part, "hub", hub)
    }
    for index in heap.graph.labels.indices where heap.graph.labels[index].name == "hub" {
      heap.graph.labels[index].declaringType = "Part"
    }
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.hint?.steps.count == 1)
    #expect(finding.hint?.extraSteps == [])
    #expect(finding.hint?.isVerified == true)
  }

  @Test("The collection of children can't be weak, and a capture before a box stands for the box")
  func onlyWeakSlots() throws {
    let (finding, _) = try hint { heap in
      let closure = heap.closure()
      let box = heap.box()
      heap.strong(closure, "capture 0", box)
      heap.strong(box, "value", closure)
    }
    let hint = try #require(finding.hint)
    #expect(hint.isVerified)
    let step = finding.path[hint.steps[0]]
    #expect(step.edge.target == 1)
  }

  @Test("A ring through arrays of children has no reference that could be weak")
  func ringThroughStorage() throws {
    let (finding, text) = try hint { heap in
      let first = heap.object("Node")
      let second = heap.object("Node")
      for (from, to) in [(first, second), (second, first)] {
        let storage = heap.storage()
        heap.strong(from, "children", storage)
        heap.strong(storage, "[0]", to)
      }
    }
    // Both objects and both storages: short cycles are shown whole.
    #expect(finding.path.count == 4)
    #expect(finding.hint?.change == .breakByHand)
    #expect(text == "Node.children")
    #expect(finding.hint?.isVerified == true)
    #expect(finding.hint?.frees == 4)
  }

  @Test(
    "Names are read by their words",
    arguments: [
      ("delegate", "back"), ("dataSource", "back"), ("parentNode", "back"),
      ("navigationController", "back"), ("_owner", "back"), ("state.superview", "back"),
      ("$__lazy_storage_$_manager", "back"), ("children", "owning"), ("childNodes", "owning"),
      ("items[]", "owning"), ("pet", "none"), ("", "none"), ("apparent", "none"),
    ]
  )
  func names(_ name: String, _ expected: String) {
    let direction = ReferenceNames.direction(of: name)
    #expect((direction.map { "\($0)" } ?? "none") == expected)
  }
}
