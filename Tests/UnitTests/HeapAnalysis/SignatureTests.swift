import HeapGraph
import HeapTestSupport
import Testing

@testable import HeapAnalysis

@Suite struct SignatureTests {
  private func signature(_ build: (inout HeapBuilder) -> Void) throws -> String {
    var heap = HeapBuilder()
    build(&heap)
    let findings = heap.analysis.findings
    try #require(findings.count == 1)
    return findings[0].signature
  }

  @Test("Equal leaks are one finding with many instances, the oldest first")
  func instances() throws {
    var heap = HeapBuilder()
    for _ in 0..<10 { _ = heap.couple() }
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances.count == 10)
    #expect(finding.instances[0].core == [0, 1])
    #expect(finding.hint?.frees == 20)
    #expect(finding.hint?.freesInstances == 20)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A leak of the toolchain's is another one where it keeps an object of the program's")
  func toolchain() throws {
    var heap = HeapBuilder()
    for keeps in [true, false, false] {
      let timer = heap.object("Foundation.Timer")
      heap.retain(timer)
      heap.strong(timer, "timer", heap.object("Foundation.__NSCFType"))
      if keeps { heap.strong(timer, "fire", heap.object("App.Session")) }
    }
    let findings = heap.analysis.findings
    #expect(findings.map(\.instances.count).sorted() == [1, 2])
    let own = findings.first { $0.instances.count == 1 }
    #expect(
      own?.instances[0].owned.contains { heap.built.type(of: $0).name == "App.Session" } == true
    )
    // Of the program's own objects it makes no difference.
    var other = HeapBuilder()
    for keeps in [true, false] {
      let owner = other.object("App.Owner")
      other.retain(owner)
      if keeps { other.strong(owner, "session", other.object("App.Session")) }
    }
    #expect(other.analysis.findings.map(\.instances.count) == [2])
  }

  @Test("The hash is FNV-1a: its value for a known string is the published one")
  func knownValue() {
    // http://www.isthe.com/chongo/src/fnv/test_fnv.c: "foobar". Ours adds the end of the string.
    let foobar: UInt64 = 0x8594_4171_f739_67e8
    #expect(StableHash("foobar").value == (foobar ^ 0xff) &* 0x0000_0100_0000_01b3)
  }

  @Test("A signature is 16 hexadecimal digits")
  func format() throws {
    let signature = try signature { _ = $0.couple() }
    #expect(signature.utf8.count == 16)
    #expect(UInt64(signature, radix: 16) != nil)
  }

  @Test("It depends on neither addresses nor the order of allocation")
  func order() throws {
    let first = try signature { _ = $0.couple() }
    let second = try signature { heap in
      _ = heap.raw()
      let pet = heap.object("Pet")
      let owner = heap.object("Owner")
      heap.strong(pet, "owner", owner)
      heap.strong(owner, "pet", pet)
    }
    #expect(first == second)
  }

  @Test("Types, names and kinds tell leaks apart")
  func differences() throws {
    let couple = try signature { _ = $0.couple() }
    let otherType = try signature { _ = $0.couple("Owner", "Cat") }
    let otherName = try signature { heap in
      let owner = heap.object("Owner")
      let pet = heap.object("Pet")
      heap.strong(owner, "cat", pet)
      heap.strong(pet, "owner", owner)
    }
    let retain = try signature { $0.retain($0.object("Owner")) }
    let otherRetain = try signature { $0.retain($0.object("Pet")) }
    #expect(Set([couple, otherType, otherName, retain, otherRetain]).count == 5)
  }

  private func tree(_ heap: inout HeapBuilder, children: Int) {
    let parent = heap.object("Tree")
    let storage = heap.storage()
    heap.strong(parent, "children", storage)
    for index in 0..<children {
      let child = heap.object("Branch")
      heap.strong(storage, "[\(index)]", child)
      heap.strong(child, "parent", parent)
    }
  }

  @Test("The number of elements in a collection doesn't matter")
  func collections() throws {
    var heap = HeapBuilder()
    tree(&heap, children: 1)
    tree(&heap, children: 3)
    tree(&heap, children: 12)
    let graph = heap.built
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances.count == 3)
    #expect(finding.pathText(in: graph) == "Tree.children Storage<Any>.[0] Branch.parent")
    #expect(finding.hintText(in: graph) == "Branch.parent")
    #expect(finding.hint?.frees == 22)
    #expect(finding.hint?.isVerified == true)
  }

  private func ring(_ heap: inout HeapBuilder, _ count: Int, _ name: String = "next") {
    let nodes = (0..<count).map { _ in heap.object("Node") }
    for index in 0..<count {
      heap.strong(nodes[index], name, nodes[(index + 1) % count])
    }
  }

  @Test("A long ring is shown as one step, a short one whole")
  func ringLength() throws {
    for (count, path) in [(1_000, "Node.next"), (2, "Node.next Node.next")] {
      var heap = HeapBuilder()
      ring(&heap, count)
      let finding = try #require(heap.analysis.findings.first)
      #expect(finding.pathText(in: heap.built) == path)
    }
  }

  @Test("Rings of any length are one finding, to be broken by hand")
  func rings() throws {
    var heap = HeapBuilder()
    for count in [2, 3, 1_000] { ring(&heap, count) }
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances.map(\.core.count) == [2, 3, 1_000])
    #expect(finding.hint?.change == .breakByHand)
    #expect(finding.hint?.steps == [0])
    #expect(finding.hint?.frees == 1_005)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A long list between two ends has one step for all its nodes")
  func lists() throws {
    var heap = HeapBuilder()
    for count in [2, 50] {
      let list = heap.object("List")
      var last = list
      for _ in 0..<count {
        let node = heap.object("Node")
        heap.strong(last, last == list ? "head" : "next", node)
        last = node
      }
      heap.strong(last, "list", list)
    }
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.instances.count == 2)
    #expect(finding.pathText(in: heap.built) == "List.head Node.next Node.list")
    #expect(finding.hintText(in: heap.built) == "Node.list")
  }

  @Test("A closure counts by what it captures, not by the name of its context")
  func closures() throws {
    func build(_ heap: inout HeapBuilder, _ context: String, _ capture: String) {
      let owner = heap.object("Owner")
      let closure = heap.object(context, .closureContext)
      heap.strong(owner, "handler", closure)
      heap.strong(closure, capture, owner, slotType: "Owner")
    }
    let first = try signature { build(&$0, "context at 0x1234", "capture 0") }
    let second = try signature { build(&$0, "context at 0x9876", "capture 3") }
    #expect(first == second)
  }

  @Test("Of several shortest cycles the same is chosen whatever the order of blocks")
  func choice() throws {
    func build(_ heap: inout HeapBuilder, _ order: [Int]) {
      let hub = heap.object("Hub")
      for index in order {
        let part = heap.object("Part\(index)")
        heap.strong(hub, "part\(index)", part)
        heap.strong(part, "hub", hub)
      }
    }
    let first = try signature { build(&$0, [0, 1, 2, 3, 4]) }
    #expect(try signature { build(&$0, [4, 2, 0, 3, 1]) } == first)
    #expect(try signature { build(&$0, [1, 0, 4, 3, 2]) } == first)
  }

  @Test("Repetitions in a cycle are left out, wherever they begin")
  func repetition() {
    #expect(TypeLevelCycle.withoutRepetition([7, 7, 7]) == [0])
    #expect(TypeLevelCycle.withoutRepetition([7, 8, 7, 8]) == [0, 1])
    #expect(TypeLevelCycle.withoutRepetition([8, 7, 8, 7]) == [1, 2])
    #expect(TypeLevelCycle.withoutRepetition([7, 7, 9, 8, 7]) == [3, 4, 2])
    #expect(TypeLevelCycle.withoutRepetition([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]) == [0, 1, 2, 3, 4])
    #expect(TypeLevelCycle.withoutRepetition([1, 2, 3]) == [0, 1, 2])
    #expect(TypeLevelCycle.withoutRepetition([]) == [])
  }
}
