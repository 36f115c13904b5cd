import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Testing

@Suite struct RetainCycleTests {
  @Test("Two objects that hold each other are a proven retain cycle")
  func couple() throws {
    var heap = HeapBuilder()
    let (owner, pet) = heap.couple()
    let analysis = heap.analysis
    let finding = try #require(analysis.findings.first)
    #expect(analysis.findings.count == 1)
    #expect(finding.kind == .retainCycle)
    #expect(finding.confidence == .proven)
    #expect(finding.instances[0].core == [owner, pet])
    #expect(finding.instances[0].owned == [])
    #expect(finding.subject == owner)
    #expect(finding.pathText(in: heap.built) == "Owner.pet Pet.owner")
    #expect(finding.exactCount == 1)
    #expect(finding.possibleCount == 1)
    #expect(finding.reasons == [])
    #expect(analysis.countsExplained == 2)
    #expect(analysis.countsUnexplained == 0)
    #expect(analysis.leakedNodes == [owner, pet])
  }

  @Test("A cycle that a root owns is no leak")
  func owned() {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    heap.root(owner)
    #expect(heap.analysis.findings.isEmpty)
    #expect(heap.analysis.countsUnexplained == 1)
  }

  @Test("A cycle that a live object owns is no leak")
  func ownedThroughObject() {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let holder = heap.object("Holder")
    heap.strong(holder, "owner", owner)
    heap.root(holder)
    #expect(heap.analysis.findings.isEmpty)
  }

  @Test("An object that holds itself is a cycle of one step, and that step is to be weak")
  func selfLoop() throws {
    var heap = HeapBuilder()
    let node = heap.object("Timer")
    heap.strong(node, "me", node)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.pathText(in: heap.built) == "Timer.me")
    #expect(finding.hint?.change == .weaken)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("A stale word on a stack cannot talk a cycle away: it is checked, and the word is listed")
  func staleWord() throws {
    var heap = HeapBuilder()
    let (_, pet) = heap.couple()
    heap.root(pet, owns: false)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .retainCycle)
    #expect(finding.confidence == .checked)
    #expect(
      finding.namings == [Finding.Naming(source: .root(0, address: 0x10), target: pet)]
    )
  }

  @Test(
    "A reference of a live object that doesn't own a member makes a cycle checked",
    arguments: [Ownership.weak, .unowned, .unmanaged, .conservative]
  )
  func naming(_ ownership: Ownership) throws {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let bus = heap.object("Bus")
    heap.root(bus)
    heap.reference(bus, "listener", owner, ownership)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.confidence == .checked)
    #expect(finding.namings.map(\.target) == [owner])
    #expect(heap.analysis.findings.count == 1)
  }

  @Test("A word in raw memory that nothing reaches makes a cycle checked")
  func namingByRaw() throws {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let raw = heap.raw()
    heap.reference(raw, "", owner, .conservative)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.confidence == .checked)
    #expect(heap.analysis.findings.count == 1)
  }

  @Test(
    "A word in raw memory that only the cycle reaches leaves it proven, and the memory is owned"
  )
  func namingByOwnedRaw() throws {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let raw = heap.raw()
    heap.reference(raw, "", owner, .conservative)
    heap.reference(owner, "buffer", raw, .unmanaged)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.confidence == .proven)
    #expect(finding.instances[0].owned == [raw])
  }

  @Test("Raw memory that a root reaches too is not owned")
  func sharedRaw() throws {
    var heap = HeapBuilder()
    let (owner, _) = heap.couple()
    let raw = heap.raw()
    heap.reference(owner, "buffer", raw, .unmanaged)
    heap.root(raw, owns: false)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.instances[0].owned == [])
  }

  @Test("What a cycle keeps alive is owned by it, through raw memory too")
  func owning() throws {
    var heap = HeapBuilder()
    let (owner, pet) = heap.couple()
    let toy = heap.object("Toy")
    let raw = heap.raw()
    let hidden = heap.object("Hidden")
    heap.strong(pet, "toy", toy)
    heap.reference(toy, "memory", raw, .unmanaged)
    heap.reference(raw, "", hidden, .conservative)
    heap.retain(hidden)
    let finding = try #require(heap.analysis.findings.first)
    #expect(heap.analysis.findings.count == 1)
    #expect(finding.instances[0].core == [owner, pet])
    #expect(finding.instances[0].owned == [toy, raw, hidden])
    #expect(finding.hint?.frees == 4)
    #expect(finding.hint?.isVerified == true)
  }

  @Test("What a live object holds as well is not owned")
  func sharedWithLife() throws {
    var heap = HeapBuilder()
    let (_, pet) = heap.couple()
    let toy = heap.object("Toy")
    heap.strong(pet, "toy", toy)
    heap.root(toy)
    #expect(try #require(heap.analysis.findings.first).instances[0].owned == [])
  }

  @Test("A cycle that another cycle holds is a finding of its own")
  func downstream() throws {
    var heap = HeapBuilder()
    let (_, pet) = heap.couple()
    let (second, _) = heap.couple("House", "Tenant")
    heap.strong(pet, "house", second)
    let analysis = heap.analysis
    #expect(analysis.findings.map(\.instances.count) == [1, 1])
    #expect(analysis.leakedNodes == [0, 1, 2, 3])
    let held = try #require(analysis.findings.first { $0.subject == second })
    // The word that names it lies in proven garbage.
    #expect(held.confidence == .proven)
    // Weakening its own cycle is needed, but doesn't free it while the other stands.
    #expect(held.hint?.change == .weaken)
    #expect(held.hint?.isVerified == false)
    #expect(held.hint?.frees == 0)
  }

  @Test("What names a cycle can reach the cycles that it holds")
  func namingSpreads() throws {
    var heap = HeapBuilder()
    let (owner, pet) = heap.couple()
    let (second, _) = heap.couple("House", "Tenant")
    heap.strong(pet, "house", second)
    heap.root(owner, owns: false)
    let analysis = heap.analysis
    #expect(analysis.findings.map(\.confidence) == [.checked, .checked])
    let held = try #require(analysis.findings.first { $0.subject == second })
    #expect(held.namings.map(\.target) == [second])
  }

  @Test("Naming spreads along chains of cycles, whatever their order in memory")
  func namingSpreadsBackwards() {
    var heap = HeapBuilder()
    let (last, _) = heap.couple("Last", "A")
    let (middle, _) = heap.couple("Middle", "B")
    let (first, _) = heap.couple("First", "C")
    heap.strong(first, "middle", middle)
    heap.strong(middle, "last", last)
    #expect(heap.analysis.findings.map(\.confidence) == [.proven, .proven, .proven])
    heap.root(first, owns: false)
    #expect(heap.analysis.findings.map(\.confidence) == [.checked, .checked, .checked])
    #expect(heap.analysis.findings.map(\.namings.count) == [1, 1, 1])
  }

  @Test("A cycle that another one holds comes after it, and says so")
  func held() throws {
    var heap = HeapBuilder()
    let (inner, _) = heap.couple("Inner", "A")
    for _ in 0..<9 { heap.strong(inner, "parts[]", heap.object("Part")) }
    let (outer, _) = heap.couple("Outer", "B")
    heap.strong(outer, "inner", inner)
    let findings = heap.analysis.findings
    #expect(findings.map(\.subject) == [outer, inner])
    let sentence = "Another leak holds it, too: fixing that one alone doesn't free this one."
    #expect(findings.map(\.reasons) == [[], [sentence]])
  }

  @Test("What two cycles hold together belongs to the older one, and it says so")
  func shared() throws {
    var heap = HeapBuilder()
    let (first, _) = heap.couple("First", "One")
    let (second, _) = heap.couple("Second", "Two")
    let config = heap.object("Config")
    let detail = heap.object("Detail")
    heap.strong(second, "config", config)
    heap.strong(first, "config", config)
    heap.strong(config, "detail", detail)
    let analysis = heap.analysis
    let older = try #require(analysis.findings.first { $0.subject == first })
    let younger = try #require(analysis.findings.first { $0.subject == second })
    #expect(older.instances[0].owned == [config, detail])
    #expect(younger.instances[0].owned == [])
    #expect(older.reasons == ["Some of the objects are held by several of the leaks."])
    #expect(older.confidence == .proven)
    #expect(older.hint?.isVerified == false)
    #expect(older.hint?.frees == 2)
    #expect(younger.reasons == [])
  }

  @Test("A count smaller than the references found makes a finding only possible")
  func negative() throws {
    var heap = HeapBuilder()
    let (owner, pet) = heap.couple()
    let toy = heap.object("Toy")
    heap.strong(pet, "toy", toy)
    heap.reference(owner, "toy", toy, .strong)
    let analysis = heap.analysis
    #expect(analysis.negative == [toy])
    #expect(analysis.findings.map(\.confidence) == [.possible])
    #expect(analysis.findings[0].reasons.count == 1)
    #expect(analysis.leakedNodes == [])
  }

  @Test("A deinited object contributes no references")
  func deinited() {
    var heap = HeapBuilder()
    let zombie = heap.object("Zombie", state: .deinited)
    let node = heap.object("Node")
    heap.reference(zombie, "node", node, .strong)
    heap.root(node)
    #expect(heap.analysis.findings.isEmpty)
    #expect(heap.analysis.negative.isEmpty)
    #expect(heap.analysis.countsUnexplained == 1)
  }

  @Test("Dead objects that unowned references keep are findings of their own, where asked for")
  func zombies() {
    var heap = HeapBuilder()
    for _ in 1...2 {
      let card = heap.object("Card")
      let customer = heap.object("Customer", state: .deinited)
      heap.reference(card, "customer", customer, .unowned)
      heap.graph.unownedCounts[Int(customer)] = 1
      heap.root(card)
    }
    let unnamed = heap.object("Session", state: .deinited)
    heap.graph.unownedCounts[Int(unnamed)] = 1
    var analysis = heap.analysis
    #expect(analysis.findings.isEmpty)
    analysis.addZombies(in: HeapIndex(of: heap.built))
    #expect(analysis.findings.map(\.kind) == [.zombie, .zombie])
    #expect(analysis.findings.map(\.instances.count) == [2, 1])
    #expect(analysis.findings.map(\.confidence) == [.proven, .possible])
    #expect(analysis.findings.map(\.path.count) == [1, 0])
    #expect(analysis.findings[0].hint?.isVerified == true)
    #expect(analysis.leakedNodes.isEmpty)
  }

  @Test("A zombie that something else counts on, too, is checked, and its fix isn't verified")
  func zombieOfTwo() {
    var heap = HeapBuilder()
    let card = heap.object("Card")
    let customer = heap.object("Customer", state: .deinited)
    heap.reference(card, "customer", customer, .unowned)
    heap.graph.unownedCounts[Int(customer)] = 2
    heap.root(card)
    var analysis = heap.analysis
    analysis.addZombies(in: HeapIndex(of: heap.built))
    #expect(analysis.findings.map(\.confidence) == [.checked])
    #expect(analysis.findings[0].hint?.isVerified == false)
  }

  @Test(
    "An object in its deinit, an immortal one and one without a count act as roots",
    arguments: [NodeState.deiniting, .immortal, .live]
  )
  func roots(_ state: NodeState) {
    var heap = HeapBuilder()
    let root = heap.object("Root", state: state)
    let (owner, _) = heap.couple()
    heap.strong(root, "owner", owner)
    #expect(heap.analysis.findings.isEmpty)
    #expect(heap.analysis.negative.isEmpty)
  }

  @Test("A reference that an object in its deinit has released already explains nothing")
  func releasedInDeinit() throws {
    var heap = HeapBuilder()
    let dying = heap.object("Dying", state: .deiniting)
    let (owner, _) = heap.couple()
    heap.reference(dying, "owner", owner, .strong)
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.confidence == .checked)
    #expect(heap.analysis.negative.isEmpty)
  }

  @Test("Members are grouped by type and role")
  func groups() throws {
    var heap = HeapBuilder()
    let (_, pet) = heap.couple()
    for _ in 0..<3 { heap.strong(pet, "toys[]", heap.object("Toy")) }
    let graph = heap.built
    let groups = try #require(heap.analysis.findings.first).memberGroups(in: graph)
    #expect(groups.map { graph.types[Int($0.typeIndex)].name } == ["Owner", "Pet", "Toy"])
    #expect(groups.map(\.count) == [1, 1, 3])
    #expect(groups.map(\.role) == [.cycle, .cycle, .owned])
    #expect(groups.map(\.bytes) == [48, 48, 144])
  }
}
