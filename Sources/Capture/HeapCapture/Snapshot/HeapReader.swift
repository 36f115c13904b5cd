internal import ELF
internal import Foundation
internal import HeapGraph

/// Turns a process at rest into a heap graph: what is a block, what holds blocks, and of what type each is.
struct HeapReader {
  private let snapshot: ProcessSnapshot
  private let allocations: AllocationTable
  private let silent: SilentFrames
  private let swiftFrames: SwiftFrames
  /// The thread that ends the program, where none of its functions owns anything.
  private let ending: Int32?

  private var images: ImageTable { snapshot.images }
  private var executableRanges: [Range<Address>] {
    snapshot.map.regions.filter(\.isExecutable).map(\.range)
  }

  init(of snapshot: ProcessSnapshot) {
    self.snapshot = snapshot
    allocations = snapshot.allocations.withCheckedFreeMemory(snapshot.images, snapshot.memory)
    silent = SilentFrames(
      images: snapshot.images,
      recorder: snapshot.allocations.code,
      snapshotThread: snapshot.snapshotThread
    )
    let swiftFrames = SwiftFrames(images: snapshot.images)
    self.swiftFrames = swiftFrames
    ending =
      snapshot.threads.first {
        $0.id == snapshot.exitThread && !swiftFrames.haveOwner($0.frames)
      }?.id
  }

  /// Complexity: linear in the memory that can hold references.
  func heap(progress: (String) -> Void) throws(CaptureError) -> CapturedHeap {
    let isRuntimeKnown = try checkRuntime()
    let outline = outline
    progress("reading \(outline.allocations.blocks.count) blocks")
    let builder = GraphBuilder(outline: outline, reader: snapshot.memory) { [images] address in
      images.symbolName(at: address, prefix: "get_type_metadata ")
    }
    let built: GraphBuilder.Result
    do { built = try builder.build() } catch { throw CaptureError(.typeReader, errno: 0) }
    var graph = built.graph
    // Where memory can't be read, so can't be what it holds.
    if built.unreadableBytes > 0 { graph.hiddenHolders.append("memory that could not be read") }
    graph.isRuntimeKnown = isRuntimeKnown
    return CapturedHeap(
      graph: graph,
      symbols: ImageSymbols(images).programSymbols,
      executable: snapshot.executable,
      hasSwift: built.hasSwift,
      imagesWithoutReflection: built.imagesWithoutReflection,
      replacedImages: images.replaced,
      unreadableTypes: built.unreadableTypes,
      unreadableBytes: built.unreadableBytes,
      unstoppableThreads: snapshot.unstoppable.map { "thread \($0.id) \"\($0.name)\"" },
      hasUnknownFreeMemory: allocations.freeMemory == .unknown,
      lostBlocks: allocations.lostBlocks,
      lostStacks: allocations.lostStacks,
      shortenedDepth: allocations.shortenedDepth,
      undecided: allocations.undecided,
      toolchain: images.entries.lazy.compactMap(\.file.swiftVersion).first,
      pause: .zero
    )
  }

  // MARK: What is a block, and what holds blocks

  private var outline: HeapOutline {
    let roots = RootRegions(
      map: snapshot.map,
      images: images,
      tables: allocations,
      threads: snapshot.threads,
      silent: silent,
      ending: ending,
      ownImage: snapshot.recorderImage
    )
    var outline = HeapOutline()
    outline.allocations = allocations
    // The recorder wraps main's caller, too: its own frames are left out.
    outline.allocations.callStacks = allocations.callStacks.mapValues {
      $0.filter { !allocations.code.contains(Address($0)) }
    }
    outline.images = images.entries.map(Self.mapped)
    outline.blocks = BlockRuntime(images, reader: snapshot.memory)
    outline.dispatch = DispatchReader(images, reader: snapshot.memory)
    outline.executableRanges = executableRanges
    outline.rootRegions = WrittenRoots(map: snapshot.map, reader: snapshot.memory)
      .parts(of: roots.regions)
    outline.freeBlocks = freeBlocks(roots)
    outline.partlyUsedBlocks = partlyUsedBlocks(outline.rootRegions)
    outline.registers = registers
    outline.hiddenHolders = snapshot.kernel.hiddenHolders
    outline.unfinishedTypes = unfinishedTypes
    outline.threads = threads
    return outline
  }

  /// Blocks that a library keeps for reuse.
  private func freeBlocks(_ roots: RootRegions) -> Set<Address> {
    FreeContinuations(
      threadStorage: roots.threadStorage.map(\.range),
      tables: allocations,
      reader: snapshot.memory
    ).addresses.union(MetadataCaches.addresses(allocations, images))
  }

  private func partlyUsedBlocks(_ regions: [HeapOutline.RootRegion]) -> [Address: Range<Address>] {
    let concurrent = ConcurrentTables(
      roots: regions,
      images: images,
      tables: allocations,
      reader: snapshot.memory
    )
    return StreamBuffers(images: images, reader: snapshot.memory).used
      .merging(concurrent.used) { stream, _ in stream }
  }

  /// Of the kernel, and of threads that may hold something.
  private var registers: [HeapOutline.Registers] {
    let kernel = HeapOutline.Registers(
      root: Root(kind: .mapping, name: "the kernel (epoll, timers)"),
      words: snapshot.kernel.words
    )
    return [kernel]
      + snapshot.threads.compactMap { thread in
        if silent.start(of: thread) != nil { return nil }
        let name = "registers of thread \(thread.id) \"\(thread.name)\""
        let root = Root(kind: .register, name: name, endsProgram: thread.id == ending)
        return HeapOutline.Registers(root: root, words: thread.registers)
      }
  }

  private var unfinishedTypes: Set<String> {
    Set(
      snapshot.threads.flatMap(\.frames).compactMap { address in
        images.symbol(containing: Address(address) - 1).flatMap {
          UnfinishedTypes.type(ofFunction: $0.name)
        }
      }
    )
  }

  private var threads: [ThreadSnapshot] {
    snapshot.threads.map { thread in
      ThreadSnapshot(
        id: thread.id,
        name: thread.name,
        frames: thread.frames,
        frameStackPointers: thread.frameStackPointers,
        // The code that asked for the snapshot goes on: what it owns it must name, to release it.
        hasSwiftFrame: thread.id != snapshot.snapshotThread && thread.id != snapshot.waitingThread
          && swiftFrames.haveOwner(thread.frames)
      )
    }
      // What such a thread keeps where nothing was read is unknown: Swift code may be on its stack.
      + snapshot.unstoppable.map {
        ThreadSnapshot(
          id: $0.id,
          name: $0.name,
          frames: [],
          frameStackPointers: [],
          hasSwiftFrame: true
        )
      }
  }

  /// Whether the runtime is of a release whose layouts are known; true where there is none.
  private func checkRuntime() throws(CaptureError) -> Bool {
    guard images.entries.contains(where: \.file.hasSwiftSections) else { return true }
    let code = AddressRanges(executableRanges)
    let probe = LayoutProbe(images: images, reader: snapshot.memory, isExecutable: code.contains)
    switch probe.outcome() {
    case .passed: return true
    case .passedWithUnknownVersion: return false
    case .failed(let difference): throw CaptureError(unknownRuntime: difference)
    }
  }

  /// SwiftRemoteMirror reads an image's section headers where the file would have them in memory.
  static func mapped(_ entry: ImageTable.Entry) -> MappedImage {
    let file = entry.file
    let start = entry.range.lowerBound
    var parts: [(address: Address, bytes: [UInt8])] = []
    if file.hasSwiftSections {
      parts.append(
        (
          start + file.sectionTable.lowerBound,
          file.sectionTable(movedBy: entry.linkedAddress(of: start))
        )
      )
      if let names = file.section(named: ".shstrtab"), let range = file.range(of: names) {
        parts.append((start + range.lowerBound, file.bytes(in: range)))
      }
    }
    return MappedImage(
      image: entry.image,
      hasSwiftSections: file.hasSwiftSections,
      lacksFieldRecords: file.lacksFieldRecords,
      unmappedParts: parts,
      typeRecords: entry.typeRecords
    )
  }
}
