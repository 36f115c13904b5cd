internal import ELF
internal import HeapGraph

/// Finds the memory outside of blocks that can hold references, and names it.
struct RootRegions {
  let map: MemoryMap
  let images: ImageTable
  let tables: AllocationTable
  /// Where the preloaded recorder's library lies, whose data is its own; empty where the recorder is part of the program.
  let ownImage: Range<Address>
  private let silent: SilentFrames
  private let machine: MachineLayout
  /// The thread that ends the program, where none of its functions owns anything.
  private let ending: Int32?
  /// Each thread's variables and control block.
  let threadStorage: [(name: String, range: Range<Address>)]
  private(set) var regions: [HeapOutline.RootRegion] = []

  init(
    map: MemoryMap,
    images: ImageTable,
    tables: AllocationTable,
    threads: [StoppedProcess.Thread],
    silent: SilentFrames,
    ending: Int32?,
    ownImage: Range<Address>,
    machine: MachineLayout = .current
  ) {
    self.machine = machine
    self.map = map
    self.images = images
    self.tables = tables
    self.ownImage = ownImage
    self.silent = silent
    self.ending = ending
    threadStorage = Self.threadStorage(of: threads, images, machine)
    // What the allocator manages and no block covers is free: its words are stale.
    var excluded = tables.arenas + tables.ownRanges
    if !ownImage.isEmpty { excluded.append(ownImage) }
    switch tables.freeMemory {
    case .ofGlibc: excluded += map.regions.filter { $0.path == "[heap]" }.map(\.range)
    case .within(let ranges, _): excluded += ranges
    // An allocator's own functions give blocks that have no record: even a page with a live block may have such a one
    // beside it, which holds what it names.
    case .unknown: break
    }
    excluded.sort { $0.lowerBound < $1.lowerBound }
    for region in map.regions where region.isReadable && region.isWritable {
      if region.path.hasPrefix("[v") || region.path.hasPrefix("/dev/") { continue }
      // What an unwinder remembers of stacks owns nothing, whatever loaded it. Its image ends where its data does: what
      // follows may be a thread's stack.
      if let image = images.entry(containing: region.range.lowerBound),
        image.image.path.contains("/libunwind"),
        region.range.upperBound <= image.range.upperBound
      {
        continue
      }
      add(region, threads, excluded)
    }
  }

  private mutating func add(
    _ region: MemoryMap.Region,
    _ threads: [StoppedProcess.Thread],
    _ excluded: [Range<Address>]
  ) {
    var range = region.range
    var root = Root(kind: .mapping, name: region.path.isEmpty ? "anonymous memory" : region.path)
    let onStack = threads.filter { region.range.contains($0.stackPointer) }
    if let lowest = onStack.min(by: { $0.stackPointer < $1.stackPointer }) {
      let used = (region.range.lowerBound..<lowest.stackPointer).size
      var start = lowest.stackPointer - min(used, machine.redZone)
      if onStack.count == 1, let silentStart = silent.start(of: lowest),
        region.range.contains(silentStart)
      {
        start = silentStart
      }
      range = start..<region.range.upperBound
      root = Root(
        kind: .threadStack,
        name: "thread \(lowest.id) \"\(lowest.name)\"",
        endsProgram: lowest.id == ending
      )
    } else if let image = images.entry(containing: region.range.lowerBound)
      ?? images.entry(containing: region.range.lowerBound - 1)
    {
      // The part of an image that its file doesn't fill (.bss) follows it without a name.
      if region.isFile || region.isAnonymous {
        root = Root(kind: .global, name: image.image.path)
      }
    }
    let storage = threadStorage.filter { $0.range.overlaps(range) }
    for part in range.subtracting(storage.map(\.range)) { append(root, part, excluded) }
    for (name, own) in storage {
      append(Root(kind: .threadLocal, name: name), own.clamped(to: range), excluded)
    }
  }

  private mutating func append(
    _ root: Root,
    _ range: Range<Address>,
    _ excluded: [Range<Address>]
  ) {
    for part in range.subtracting(excluded) {
      for gap in withoutBlocks(part) {
        regions.append(HeapOutline.RootRegion(root: root, range: gap))
      }
    }
  }

  /// In order of address.
  ///
  /// The variables of the libraries that were loaded at the start lie beside the thread pointer; those that came later
  /// have blocks of their own, found through its table.
  private static func threadStorage(
    of threads: [StoppedProcess.Thread],
    _ images: ImageTable,
    _ machine: MachineLayout
  ) -> [(name: String, range: Range<Address>)] {
    // Each image's part begins at an alignment of its own: 64 bytes are the most that is usual.
    let variables = images.entries.reduce(UInt64(0)) {
      // A file that the program only maps as data can claim anything.
      $1.file.threadLocalSize == 0 ? $0 : $0 &+ (($1.file.threadLocalSize &+ 127) & ~63)
    }
    return threads.map { thread in
      (
        "thread \(thread.id) \"\(thread.name)\"",
        machine.threadStorage(at: thread.threadPointer, variables: variables)
      )
    }.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// A mapping of its own for a large block is not a root, but the memory beside it may be.
  private func withoutBlocks(_ range: Range<Address>) -> [Range<Address>] {
    let first = tables.blocks.partitioningIndex { $0.range.upperBound > range.lowerBound }
    // With their headers: the size word could look like nothing, the previous one belongs to it.
    let blocks = tables.blocks[first...].prefix { $0.address < range.upperBound }
      .map { $0.address - GlibcLayout.Chunk.headerSize..<$0.address + max($0.size, 1) }
    return range.subtracting(blocks)
  }
}

extension Range<Address> {
  /// What is left without the others, which must be in order of their starts.
  func subtracting(_ others: [Range<Address>]) -> [Range<Address>] {
    var parts: [Range<Address>] = []
    var start = lowerBound
    for other in others {
      if other.upperBound <= start { continue }
      if other.lowerBound >= upperBound { break }
      if other.lowerBound > start { parts.append(start..<other.lowerBound) }
      start = Swift.max(start, other.upperBound)
    }
    if start < upperBound { parts.append(start..<upperBound) }
    return parts
  }
}
