package import HeapGraph

/// Turns what was read of a process into a heap graph.
package struct GraphBuilder {
  private let outline: HeapOutline
  private let reader: any MemoryReader

  private let symbolName: (Address) -> String?
  /// Changes every layout that is compiled: how tests plant the faults that a suite must notice.
  var alteringLayouts: HeapTypeCompiler.Alteration = { layout, _ in layout }

  private let machine: MachineLayout

  /// `symbolName` gives the symbol at exactly an address of the process, where its image has symbols.
  package init(
    outline: HeapOutline,
    reader: any MemoryReader,
    symbolName: @escaping (Address) -> String? = { _ in nil }
  ) {
    self.init(outline: outline, reader: reader, machine: .current, symbolName: symbolName)
  }

  /// The same for the memory of a machine other than this one.
  init(
    outline: HeapOutline,
    reader: any MemoryReader,
    machine: MachineLayout,
    symbolName: @escaping (Address) -> String? = { _ in nil }
  ) {
    self.machine = machine
    self.outline = outline
    self.reader = reader
    self.symbolName = symbolName
  }

  package struct Result {
    package var graph: HeapGraph
    /// Whether any image of the process is compiled Swift: without one there is nothing to judge.
    package var hasSwift: Bool
    /// Images with Swift types whose reflection metadata is missing, by path.
    package var imagesWithoutReflection: [String]
    /// Types that were read conservatively because their layout is unknown.
    package var unreadableTypes: [String]
    /// Bytes of blocks that could not be read.
    package var unreadableBytes: Int
  }

  package enum Failure: Error {
    /// SwiftRemoteMirror refused to start.
    case noRemoteMirror
  }

  /// Complexity: linear in the bytes of the heap and of the roots.
  package func build() throws(Failure) -> Result {
    guard
      let mirror = RemoteMirror(
        reader: reader,
        typeRecords: outline.images.flatMap(\.typeRecords),
        symbolName: symbolName
      )
    else { throw .noRemoteMirror }
    var withoutReflection: [String] = []
    for mapped in outline.images where mapped.hasSwiftSections {
      let overlays = mapped.unmappedParts.map {
        RemoteMirror.Overlay(address: $0.address, bytes: $0.bytes)
      }
      let start = Address(mapped.image.range.lowerBound)
      _ = mirror.addImage(at: start, overlays: overlays)
      if mapped.lacksFieldRecords { withoutReflection.append(mapped.image.path) }
    }
    let code = AddressRanges(outline.executableRanges)
    let types = HeapTypeCompiler(
      mirror: mirror,
      reader: reader,
      blocks: outline.blocks,
      isExecutable: code.contains,
      altering: alteringLayouts
    )

    var graph = HeapGraph()
    graph.images = outline.images.map(\.image)
    graph.callStacks = outline.allocations.callStacks
    graph.scopes = outline.allocations.scopes
    graph.threads = outline.threads
    graph.hiddenHolders = outline.hiddenHolders
    graph.unfinishedTypes = outline.unfinishedTypes
    for block in outline.allocations.blocks {
      graph.addresses.append(block.address.rawValue)
      graph.sizes.append(block.size)
      graph.stackIDs.append(block.stackID)
    }
    graph.births = outline.allocations.ranksOfBirth()
    let index = BlockIndex(addresses: graph.addresses, sizes: graph.sizes)
    var handlers: [NodeIndex: [Handler]] = [:]
    let sideTables = readHeaders(into: &graph, types, index, &handlers)
    let usedBytes = readTasks(into: &graph, types, index, isExecutable: code.contains)
    let unreadable = readEdges(into: &graph, types, index, sideTables, usedBytes, handlers)
    readRoots(into: &graph, index)
    tellDeinitingFromDeinited(&graph)
    types.nameBoxes(besides: closureMetadata(in: graph, types))
    graph.types = [.raw, sideTableType] + types.compiled.map(\.type)
    graph.labels = types.labels.labels
    return Result(
      graph: graph,
      hasSwift: outline.images.contains(where: \.hasSwiftSections),
      imagesWithoutReflection: withoutReflection,
      unreadableTypes: types.unreadableTypes.sorted(),
      unreadableBytes: unreadable
    )
  }

  // MARK: Types of memory that isn't a Swift object

  private let sideTableType = HeapType(kind: .raw, name: "weak side table")
  private static let sideTableTypeIndex: UInt32 = 1
  private static let firstCompiledType = 2

  /// A block that a dispatch source calls.
  private typealias Handler = (name: String, block: NodeIndex)

  // MARK: Passes

  /// The first pass: what each block is, and its counts.
  ///
  /// - Returns: The objects that weak side tables stand for.
  private func readHeaders(
    into graph: inout HeapGraph,
    _ types: HeapTypeCompiler,
    _ index: BlockIndex,
    _ handlers: inout [NodeIndex: [Handler]]
  ) -> [NodeIndex: NodeIndex] {
    let count = outline.allocations.blocks.count
    graph.typeIndices = Array(repeating: 0, count: count)
    graph.strongCounts = Array(repeating: 0, count: count)
    graph.unownedCounts = Array(repeating: 0, count: count)
    graph.weakCounts = Array(repeating: 0, count: count)
    graph.states = Array(repeating: .raw, count: count)
    var sideTables: [NodeIndex: NodeIndex] = [:]
    _ = BlockWindows(reader: reader, allocator: outline.allocations.freeMemory).forEachBlock(
      outline.allocations.blocks,
      limit: Metadata.largestContextHeader
    ) { node, contents, _ in
      guard contents.count >= Metadata.objectHeaderSize else { return }
      if let block = types.blockType(contents, size: graph.sizes[node]) {
        graph.typeIndices[node] = UInt32(block.index + Self.firstCompiledType)
        graph.strongCounts[node] = block.count
        graph.states[node] = .live
        return
      }
      let metadata = contents.loadUnaligned(as: Address.self)
      if let dispatch = outline.dispatch {
        let address = outline.allocations.blocks[node].address
        if let source = dispatch.source(at: address, table: metadata, size: graph.sizes[node]) {
          graph.typeIndices[node] = UInt32(types.sourceType + Self.firstCompiledType)
          graph.descriptions[NodeIndex(node)] = source.description
          if let count = source.count {
            graph.strongCounts[node] = count
            graph.states[node] = .live
          }
          handlers[NodeIndex(node)] = source.handlers.compactMap { handler in
            index.block(at: handler.block).map { (handler.name, $0) }
          }
          return
        }
        if let queue = dispatch.queue(at: address, table: metadata) {
          graph.descriptions[NodeIndex(node)] = queue
          return
        }
      }
      let word = CountWord(bits: contents.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      guard word.isPlausible,
        let type = types.typeIndex(
          metadata: metadata,
          object: outline.allocations.blocks[node].address,
          contents: contents
        )
      else { return }
      var counts = word
      if let table = word.sideTable {
        guard let inTable = readSideTable(table, of: outline.allocations.blocks[node].address)
        else { return }
        counts = inTable.counts
        graph.weakCounts[node] = inTable.weak
        if let block = index.block(at: table) { sideTables[block] = NodeIndex(node) }
      }
      graph.typeIndices[node] = UInt32(type + Self.firstCompiledType)
      graph.strongCounts[node] = counts.isDeiniting || counts.isImmortal ? 0 : counts.strong
      graph.unownedCounts[node] = counts.isImmortal ? 0 : counts.unowned
      graph.states[node] =
        counts.isImmortal ? .immortal : counts.isDeiniting ? .deiniting : .live
    }
    for table in sideTables.keys {
      graph.typeIndices[Int(table)] = Self.sideTableTypeIndex
      graph.states[Int(table)] = .raw
    }
    return sideTables
  }

  /// Nil where the table isn't that object's: the block isn't an object then.
  private func readSideTable(
    _ table: Address,
    of object: Address
  ) -> (counts: CountWord, weak: UInt32)? {
    guard reader.load(table, as: Address.self) == object,
      let bits = reader.load(table + CountWord.sideTableCounts, as: UInt64.self),
      let weak = reader.load(table + CountWord.sideTableWeakCount, as: UInt32.self)
    else { return nil }
    // The side table holds one weak reference to itself while the object lives.
    return (CountWord(bits: bits), weak > 0 ? weak - 1 : 0)
  }

  /// The second pass: references.
  private func readEdges(
    into graph: inout HeapGraph,
    _ types: HeapTypeCompiler,
    _ index: BlockIndex,
    _ sideTables: [NodeIndex: NodeIndex],
    _ usedBytes: [NodeIndex: Range<Int>],
    _ handlers: [NodeIndex: [Handler]]
  ) -> Int {
    var scanner = EdgeScanner(
      index: index,
      types: types,
      sideTables: sideTables,
      machine: machine
    )
    let taskReferences = Self.taskReferences(in: graph)
    var starts: [UInt32] = [0]
    starts.reserveCapacity(outline.allocations.blocks.count + 1)
    let windows = BlockWindows(reader: reader, allocator: outline.allocations.freeMemory)
    let unreadable = windows.forEachBlock(outline.allocations.blocks) {
      node,
      contents,
      parts in
      let type = Int(graph.typeIndices[node])
      let asked = UnsafeRawBufferPointer(
        rebasing: contents.prefix(Int(clamping: graph.sizes[node]))
      )
      let start = outline.allocations.blocks[node].address
      if outline.freeBlocks.contains(start) {
        // Nothing to be read.
      } else if let part = outline.partlyUsedBlocks[start] {
        if let first = part.lowerBound.offset(from: start),
          let end = part.upperBound.offset(from: start), end <= asked.count
        {
          scanner.scanRaw(asked, from: first, to: end)
        }
      } else if !usedBytes.isEmpty, let used = usedBytes[NodeIndex(node)] {
        // What lies beyond a task's last allocation was left there by frames that have returned.
        scanner.scanRaw(asked, from: used.lowerBound, to: used.upperBound)
      } else if type >= Self.firstCompiledType {
        let layout = types.compiled[type - Self.firstCompiledType]
        let usesSlack = layout.usesSlack(ofObjectOfSize: asked.count)
        scanner.scanObject(
          layout,
          usesSlack ? contents : asked,
          address: start
        )
      } else if type != Int(Self.sideTableTypeIndex) {
        if let parts {
          for part in parts { scanner.scanRaw(asked, from: part.lowerBound, to: part.upperBound) }
        } else {
          scanner.scanRaw(asked, from: 0)
        }
      }
      if let references = taskReferences[NodeIndex(node)] {
        scanner.addTaskReferences(
          frames: references.frames,
          finishedChildren: references.finishedChildren
        )
      }
      if !handlers.isEmpty, let handlers = handlers[NodeIndex(node)] {
        scanner.addHandlers(handlers, areOwned: graph.states[node] == .live)
      }
      starts.append(UInt32(scanner.edges.count))
    }
    graph.edges = scanner.edges
    graph.edgeStarts = starts
    return unreadable
  }

  /// What the runtime keeps for tasks, by the task's block.
  private static func taskReferences(
    in graph: HeapGraph
  ) -> [NodeIndex: (frames: [NodeIndex], finishedChildren: [NodeIndex])] {
    var references: [NodeIndex: (frames: [NodeIndex], finishedChildren: [NodeIndex])] = [:]
    for (memory, number) in graph.taskMemory {
      references[graph.tasks[number].node, default: ([], [])].frames.append(memory)
    }
    for (node, number) in graph.taskNumbers {
      let task = graph.tasks[number]
      guard task.isGroupChild, task.state == .finished, let parent = task.parent else { continue }
      references[graph.tasks[parent].node, default: ([], [])].finishedChildren.append(node)
    }
    // The same order in every run of one heap.
    return references.mapValues { ($0.frames.sorted(), $0.finishedChildren.sorted()) }
  }

  /// - Returns: Of each block that tasks allocate in: its bytes that are in use.
  private func readTasks(
    into graph: inout HeapGraph,
    _ types: HeapTypeCompiler,
    _ index: BlockIndex,
    isExecutable: @escaping (Address) -> Bool
  ) -> [NodeIndex: Range<Int>] {
    let isTask = types.compiled.map { $0.type.kind == .asyncTask }
    guard isTask.contains(true) else { return [:] }
    var nodes: [NodeIndex] = []
    for node in graph.typeIndices.indices where graph.states[node] == .live {
      let type = Int(graph.typeIndices[node]) - Self.firstCompiledType
      if type >= 0 && isTask[type] { nodes.append(NodeIndex(node)) }
    }
    var tasks = TaskReader(reader: reader, index: index, isExecutable: isExecutable)
    tasks.read(nodes, addresses: graph.addresses)
    graph.tasks = tasks.tasks
    graph.taskNumbers = tasks.numbers
    graph.taskMemory = tasks.memory
    return tasks.usedBytes
  }

  private func closureMetadata(in graph: HeapGraph, _ types: HeapTypeCompiler) -> Set<Address> {
    var result: Set<Address> = []
    for edge in graph.edges where types.labels.labels[Int(edge.label)].functionAddress != 0 {
      let type = Int(graph.typeIndices[Int(edge.target)]) - Self.firstCompiledType
      if type >= 0 { result.insert(Address(types.compiled[type].type.metadata)) }
    }
    return result
  }

  private func readRoots(into graph: inout HeapGraph, _ index: BlockIndex) {
    var rootIndices: [Root: UInt32] = [:]
    func rootIndex(_ root: Root, in graph: inout HeapGraph) -> UInt32 {
      if let index = rootIndices[root] { return index }
      let index = UInt32(graph.roots.count)
      graph.roots.append(root)
      rootIndices[root] = index
      return index
    }
    for region in outline.rootRegions {
      let root = rootIndex(region.root, in: &graph)
      let isLibc = region.root.name.contains("/libc.so")
      WordReader(reader: reader).forEachWord(in: region.range) { address, word in
        guard Address(word) >= MachineLayout.leastAddress,
          let target = index.block(containing: Address(word & machine.conservativeMask)),
          !(isLibc && namesNextChunk(word, after: target, in: graph))
        else { return }
        graph.rootEdges.append(RootEdge(root: root, target: target, address: address.rawValue))
      }
    }
    for registers in outline.registers {
      let root = rootIndex(registers.root, in: &graph)
      for word in registers.words {
        if let target = index.block(containing: Address(word & machine.conservativeMask)) {
          graph.rootEdges.append(RootEdge(root: root, target: target, address: 0))
        }
      }
    }
  }

  /// The allocator's own lists, in libc's data, point at the headers of free chunks; such a header
  /// begins in the last bytes of the block before it, which it doesn't mean.
  private func namesNextChunk(_ word: UInt64, after block: NodeIndex, in graph: HeapGraph) -> Bool {
    let chunk = GlibcLayout.Chunk.size(forRequest: graph.sizes[Int(block)])
    return Address(word) == outline.allocations.blocks[Int(block)].address + chunk
      - GlibcLayout.Chunk.headerSize
  }

  /// Decides which of the objects whose `deinit` has begun are still in it.
  ///
  /// The count word says the same of both. A `deinit` that runs has its object on a stack; where no
  /// stack names it, the `deinit` is over and unowned references keep the memory.
  private func tellDeinitingFromDeinited(_ graph: inout HeapGraph) {
    var onStack: Set<NodeIndex> = []
    for edge in graph.rootEdges {
      let kind = graph.roots[Int(edge.root)].kind
      if kind == .threadStack || kind == .register { onStack.insert(edge.target) }
    }
    for node in graph.states.indices
    where graph.states[node] == .deiniting && !onStack.contains(NodeIndex(node)) {
      graph.states[node] = .deinited
      // The unowned reference of all strong ones together is gone with them.
      graph.unownedCounts[node] += 1
    }
  }
}

/// Sorted, disjoint address ranges.
struct AddressRanges {
  private let ranges: [Range<Address>]

  init(_ ranges: [Range<Address>]) {
    self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  func contains(_ address: Address) -> Bool {
    let index = ranges.partitioningIndex { $0.upperBound > address }
    return index < ranges.count && ranges[index].contains(address)
  }
}

/// Reads a range word by word; memory that can't be read is skipped by pages.
struct WordReader {
  let reader: any MemoryReader
  private static let chunk: UInt64 = 1 << 20

  /// Calls `body` with each word that isn't zero, and its address.
  func forEachWord(in range: Range<Address>, _ body: (Address, UInt64) -> Void) {
    // Whole words only, and none that wraps around.
    let words = range.lowerBound.alignedUp(to: 8)..<range.upperBound.alignedDown(to: 8)
    guard words.lowerBound >= range.lowerBound else { return }
    var buffer = [UInt8](repeating: 0, count: Int(min(Self.chunk, words.size)))
    var address = words.lowerBound
    while address < words.upperBound {
      let wanted = Int(min(Self.chunk, (address..<words.upperBound).size))
      let count = buffer.withUnsafeMutableBytes { bytes in
        let count = reader.read(
          address,
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])
        )
        for offset in stride(from: 0, to: count & ~7, by: 8) {
          let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          if word != 0 { body(address + offset, word) }
        }
        return count & ~7
      }
      address += count
      if count < wanted {
        let next = address.alignedDown(to: MachineLayout.pageSize) + MachineLayout.pageSize
        guard next > address else { return }
        address = next
      }
    }
  }
}
