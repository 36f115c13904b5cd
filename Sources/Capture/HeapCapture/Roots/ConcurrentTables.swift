internal import ELF
internal import HeapGraph

/// The parts that are in use of the tables in which Swift's runtime keeps what it knows of types.
///
/// The rest keeps what the allocator gave away before. Where the functions have names, `MetadataCaches` knows these blocks by
/// who allocated them; this is for stripped programs with the runtime in them. `Concurrent.h`, `ConcurrentReadableHashMap`,
/// of Swift 6.3: the numbers of readers and of elements, the elements' block, which begins with how many it has room for.
struct ConcurrentTables {
  /// Of each block of elements: where it begins, and what is in use.
  private(set) var used: [Address: Range<Address>] = [:]

  private static let header: UInt64 = 8
  /// They read for a moment only.
  private static let mostReaders: UInt64 = 1024
  private static let largestElement: UInt64 = 64
  /// A table is a small part of what it is in.
  private static let largestHolder = 256

  private let tables: AllocationTable
  private let reader: any MemoryReader

  init(
    roots: [HeapOutline.RootRegion],
    images: ImageTable,
    tables: AllocationTable,
    reader: any MemoryReader
  ) {
    self.tables = tables
    self.reader = reader
    guard Self.hasNamelessRuntime(images) else { return }
    for region in roots where region.root.kind == .global {
      var head: UInt64 = 0
      WordReader(reader: reader).forEachWord(in: region.range) { _, word in
        look(head, Address(word))
        head = word
      }
    }
    _ = BlockWindows(reader: reader, allocator: tables.freeMemory).forEachBlock(
      tables.blocks,
      limit: Self.largestHolder
    ) {
      _,
      contents,
      _ in
      guard contents.count <= Self.largestHolder else { return }
      for offset in stride(from: 0, to: contents.count - 15, by: 8) {
        look(
          contents.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
          contents.loadUnaligned(fromByteOffset: offset + 8, as: Address.self)
        )
      }
    }
  }

  private static func hasNamelessRuntime(_ images: ImageTable) -> Bool {
    if images.entries.contains(where: { $0.image.path.contains("/libswiftCore.so") }) {
      return false
    }
    return images.entries.contains {
      $0.file.hasSwiftSections && $0.file.section(named: ".symtab") == nil
    }
  }

  /// Two words that follow each other: the numbers, and where the elements are.
  private mutating func look(_ numbers: UInt64, _ elements: Address) {
    let (readers, count) = (numbers & 0xffff_ffff, numbers >> 32)
    guard count > 0, readers < Self.mostReaders, elements >= MachineLayout.leastAddress,
      let block = tables.block(at: elements), block.size > Self.header,
      let room = reader.load(elements, as: UInt32.self).map(UInt64.init), room >= count
    else { return }
    let size = block.size - Self.header
    let element = size / room
    guard element * room == size, element % 8 == 0, element <= Self.largestElement else { return }
    used[elements] = Range(at: elements, size: Self.header + count * element)
  }
}
