import Dispatch
import HeapAnalysis
import HeapGraph
import Testing

@testable import HeapCapture

/// C blocks in a memory that the tests write.
@Suite struct BlockTests {
  private static let blockClass: Address = 0x1000_8000
  private static let thunk = FakeMemory.code.lowerBound + 0x100
  private static let workItemInvoke = FakeMemory.code.lowerBound + 0x200
  private static let foreignInvoke = FakeMemory.code.lowerBound + 0x300
  private static let function = FakeMemory.code.lowerBound + 0x400
  private static let helper = FakeMemory.code.lowerBound + 0x500
  /// With helpers and a signature, retained once.
  private static let flags: UInt64 = 0x4300_0002

  private let runtime = BlockRuntime(
    classAddress: Self.blockClass,
    workItemInvoke: Self.workItemInvoke
  ) {
    $0 == Self.thunk
      ? ["other", "$sIeg_IeyB_TR"] : $0 == Self.foreignInvoke ? ["__main_block_invoke"] : []
  }
  private var memory = FakeMemory()
  private let target: Address

  init() {
    let module = memory.addModule("App")
    let node = memory.addClass("Node", in: module, instanceSize: 16)
    target = memory.addObject(of: node, [UInt64]())
  }

  private mutating func descriptor(size: UInt64, helper: Address = Self.helper) -> UInt64 {
    let descriptor = memory.addStatic(size: 40)
    memory.write(0, size, helper.rawValue, helper.rawValue, 0, at: descriptor)
    return descriptor.rawValue
  }

  private mutating func block(
    calling invoke: Address = Self.thunk,
    flags: UInt64 = Self.flags,
    size: UInt64? = nil,
    helper: Address = Self.helper,
    _ captures: [UInt64]
  ) -> Address {
    let descriptor = descriptor(size: size ?? 32 + UInt64(captures.count) * 8, helper: helper)
    return memory.addBlock(
      [Self.blockClass.rawValue, flags, invoke.rawValue, descriptor] + captures
    )
  }

  /// `name:ownership@offset>address` of each reference that leaves a block.
  private func references(_ block: Address, in graph: HeapGraph) -> [String] {
    guard let node = graph.node(containing: block.rawValue) else { return ["no block"] }
    return graph.edges(of: node).map { edge in
      let label = graph.label(of: edge)
      let target = graph.addresses[Int(edge.target)] == self.target.rawValue ? "target" : "other"
      return "\(label.name):\(label.ownership)@\(edge.offset)>\(target)"
    }
  }

  private func isBlock(_ block: Address, in graph: HeapGraph) -> Bool {
    graph.node(containing: block.rawValue).map { graph.type(of: $0).kind == .cBlock } ?? false
  }

  @Test("A closure that was made a block owns its context, and is called by its function")
  mutating func closure() throws {
    let block = block([Self.function.rawValue, target.rawValue])
    let graph = try memory.graph(recognizing: runtime)
    #expect(references(block, in: graph) == [":strong@40>target"])
    #expect(graph.labels.contains { $0.functionAddress == Self.function.rawValue })
    let node = try #require(graph.node(containing: block.rawValue))
    #expect(graph.states[Int(node)] == .live)
    #expect(graph.strongCounts[Int(node)] == 1)
  }

  @Test("A block is retained as often as its flags say", arguments: [1, 2, 77, 0x7ffe] as [UInt32])
  mutating func counts(count: UInt32) throws {
    let block = block(flags: 0x4300_0000 | UInt64(count) * 2, [Self.function.rawValue, 0])
    let graph = try memory.graph(recognizing: runtime)
    let node = try #require(graph.node(containing: block.rawValue))
    #expect(graph.strongCounts[Int(node)] == count)
  }

  @Test("A work item's block owns the block in it; its group and queue are only words")
  mutating func workItem() throws {
    var captures: [UInt64] = [BlockLayout.WorkItem.magicValue, 0x4000_0000, 0, 0, 0]
    captures += [target.rawValue, target.rawValue, 0, 0]
    let item = block(calling: Self.workItemInvoke, captures)
    captures[0] += 1
    let other = block(calling: Self.workItemInvoke, captures)
    let graph = try memory.graph(recognizing: runtime)
    #expect(references(item, in: graph) == [":strong@72>target", ":conservative@80>target"])
    #expect(
      references(other, in: graph) == [":conservative@72>target", ":conservative@80>target"]
    )
  }

  @Test("What the blocks of C code own isn't known")
  mutating func foreign() throws {
    let captures = [Self.function.rawValue, target.rawValue]
    let foreign = block(calling: Self.foreignInvoke, captures)
    // Without helpers nothing is released with a block.
    let plain = block(flags: 0x4100_0002, captures)
    let larger = block(captures + [target.rawValue])
    let graph = try memory.graph(recognizing: runtime)
    for block in [foreign, plain] {
      #expect(isBlock(block, in: graph))
      #expect(references(block, in: graph) == [":conservative@40>target"])
    }
    #expect(
      references(larger, in: graph) == [":conservative@40>target", ":conservative@48>target"]
    )
  }

  @Test("Nothing beyond a block's size is looked at")
  mutating func slack() throws {
    let block = block(size: 48, [Self.function.rawValue, 0, target.rawValue])
    #expect(references(block, in: try memory.graph(recognizing: runtime)).isEmpty)
  }

  @Test("What isn't as a block has to be is raw memory")
  mutating func damage() throws {
    let captures = [Self.function.rawValue, target.rawValue]
    let blocks = [
      // Being released, never released, on no heap, never retained.
      block(flags: 0x4300_0003, captures), block(flags: 0x4300_fffe, captures),
      block(flags: 0x4200_0002, captures), block(flags: 0x4300_0000, captures),
      // Larger than its memory, smaller than a block.
      block(size: 56, captures), block(size: 24, captures), block(size: .max, captures),
      block(calling: 0x7000, captures), block(helper: 0x7000, captures),
      memory.addBlock([Self.blockClass.rawValue, Self.flags, Self.thunk.rawValue]),
      memory.addBlock(
        [Self.blockClass.rawValue, Self.flags, Self.thunk.rawValue, 0x7777_0000] + captures
      ),
    ]
    let graph = try memory.graph(recognizing: runtime)
    for (number, block) in blocks.enumerated() {
      let node = try #require(graph.node(containing: block.rawValue))
      #expect(graph.type(of: node) == .raw, "\(number)")
      #expect(graph.states[Int(node)] == .raw, "\(number)")
      #expect(!references(block, in: graph).contains { $0.contains("strong") }, "\(number)")
    }
    // Nor is anything a block where the library is another.
    let sound = block(captures)
    #expect(!isBlock(sound, in: try memory.graph()))
  }

  @Test(
    "Thunks from closures to blocks are told from others by their symbols",
    arguments: [
      ("$sIeg_IeyB_TR", true), ("$sIegh_IeyBh_TR.17", true), ("$ss5Int32VIegy_ABIeyBy_TR", true),
      ("$sIeyB_Ieg_TR.x", false), ("$sIg_IyB_TR", false), ("__IeyB_block_invoke", false),
      ("$sIeg_IeyB_TRTA", false), ("$s3App4mainyyF", false), ("", false),
    ]
  )
  func thunks(symbol: String, isThunk: Bool) {
    #expect(BlockLayout.Closure.isThunk(symbol) == isThunk)
  }
}

/// Blocks that Dispatch and the compiler made, in this process.
@Suite struct DispatchBlockTests {
  final class Job {
    var item: DispatchWorkItem?
    var runs = 0
  }

  /// A job, its item, the item's block, and the block in that one.
  private static func addresses(of job: Job) throws -> [Address] {
    let item = try #require(job.item)
    let block = InProcess.pointer(item, at: 16)
    let inner = try #require(
      InProcess.reader.load(block + BlockLayout.WorkItem.block, as: Address.self)
    )
    return [InProcess.address(job), InProcess.address(item), block, inner]
  }

  @Test("A work item holds its closure through two blocks, and every count is explained")
  func workItem() throws {
    let job = Job()
    let item = DispatchWorkItem { job.runs += 1 }
    job.item = item
    defer { job.item = nil }
    let addresses = try Self.addresses(of: job)
    let graph = try InProcess.graph(ofAddresses: addresses)
    let names = addresses.map { address in
      graph.node(containing: address.rawValue).map { graph.type(of: $0).kind }
    }
    #expect(names == [.classInstance, .classInstance, .cBlock, .cBlock])
    for (from, target) in zip(addresses, addresses.dropFirst() + [addresses[0]]) {
      let node = try #require(graph.node(containing: from.rawValue))
      let held = graph.edges(of: node).filter {
        graph.addresses[Int($0.target)] == target.rawValue
          && graph.label(of: $0).ownership == .strong
      }
      #expect(held.count == 1)
    }
    for block in addresses[2...] {
      let node = try #require(graph.node(containing: block.rawValue))
      #expect(graph.strongCounts[Int(node)] == 1)
    }
  }

  /// A cycle through a work item that nothing else holds.
  private static func leak() throws -> (job: Unmanaged<Job>, addresses: [Address]) {
    let job = Job()
    job.item = DispatchWorkItem { job.runs += 1 }
    return (.passUnretained(job), try addresses(of: job))
  }

  @Test(
    "A planted fault in a block's layout is noticed",
    arguments: PlantedFaultTests.Fault.allCases
  )
  func faults(fault: PlantedFaultTests.Fault) throws {
    let leak = try Self.leak()
    defer { leak.job.takeUnretainedValue().item = nil }
    func verdict(_ planted: Int?) throws -> [String] {
      var position = 0
      let graph = try InProcess.graph(ofAddresses: leak.addresses) { layout, labels in
        guard layout.type.kind == .cBlock else { return layout }
        defer { position += 1 }
        guard position == planted else { return layout }
        var layout = layout
        layout.slots = layout.slots.flatMap { fault.apply(to: $0, &labels) }
        return layout
      }
      #expect(position == 2)
      let analysis = HeapAnalysis(of: graph)
      return analysis.findings.map { "\($0.kind) \($0.confidence) \($0.path.count)" }
        + ["\(analysis.countsExplained) \(analysis.negative.count)"]
    }
    let sound = try verdict(nil)
    #expect(sound == ["retainCycle proven 4", "4 0"])
    for block in 0..<2 { #expect(try verdict(block) != sound, "\(fault) in block \(block)") }
  }
}
