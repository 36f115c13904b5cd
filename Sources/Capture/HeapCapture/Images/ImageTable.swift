package import ELF
package import HeapGraph

/// The executables and libraries of a process, with their files.
package final class ImageTable {
  package struct Entry {
    package var image: LoadedImage
    package var file: ELFFile

    /// What the image takes of the address space.
    package var range: Range<Address> { Range(image.range) }

    /// Where something of the file is in the process, by where the file wants it.
    func address(ofLinked address: UInt64) -> Address { Address(address &+ image.loadBias) }

    /// Where the file wants what is at an address of the process.
    func linkedAddress(of address: Address) -> UInt64 { address.rawValue &- image.loadBias }

    /// Where, in the process, the image lists its types.
    ///
    /// Types with parameters that can't be copied have a list of their own, which older runtimes don't read.
    package var typeRecords: [Range<Address>] {
      ["swift5_type_metadata", "swift5_type_metadata_2"].compactMap(file.section).map { section in
        let start = address(ofLinked: section.address)
        return start..<start + section.size
      }
    }
  }

  package let entries: [Entry]
  /// Images that are left out because other files have their names by now.
  package let replaced: [String]
  private var symbolTables: [String: SymbolTable] = [:]
  private let sharedSymbols: SymbolCache?

  /// Reads the files of all images.
  ///
  /// Files that aren't ELF (fonts, locale archives) aren't images; an image whose file is gone or
  /// can't be read is left out, and its types with it.
  /// `excluded` is a library that is the recorder's, not the program's. The cache spares a process that takes
  /// many snapshots of itself most of the time that one takes. With the process and a reader of its memory, each file is
  /// compared with what is mapped.
  package init(
    _ map: MemoryMap,
    of process: Int32? = nil,
    reader: (any MemoryReader)? = nil,
    excluding excluded: String? = nil,
    symbols: SymbolCache? = nil
  ) {
    sharedSymbols = symbols
    var regions: [String: [MemoryMap.Region]] = [:]
    var order: [String] = []
    for region in map.regions where region.isFile && region.path != excluded {
      if regions[region.path] == nil { order.append(region.path) }
      regions[region.path, default: []].append(region)
    }
    var files = ImageFiles(process: process, reader: reader)
    var entries: [Entry] = []
    for path in order {
      let regions = regions[path] ?? []
      guard regions.contains(where: { $0.offset == 0 }),
        let file = files.file(named: path, mappedIn: regions)
      else { continue }
      entries += Self.placements(of: file, regions).map { bias, range in
        Entry(
          image: LoadedImage(
            path: path,
            buildID: file.buildID,
            loadBias: bias,
            range: range.rawValues
          ),
          file: file
        )
      }
    }
    self.entries = entries
    replaced = files.replaced
  }

  /// Images that are known already.
  init(entries: [Entry]) {
    self.entries = entries
    replaced = []
    sharedSymbols = nil
  }

  /// The addresses that a library takes, with what its file doesn't fill; nil where it isn't mapped or can't be read.
  static func range(of path: String, in map: MemoryMap) -> Range<Address>? {
    guard let file = try? ELFFile(path: path) else { return nil }
    return placements(of: file, map.regions.filter { $0.path == path }).first?.range
  }

  /// Where the loader put a file: there the mappings agree with the file's segments.
  ///
  /// A program may map the file as data, too (a profiler reads its own symbols, say), and a second
  /// namespace (`dlmopen`) has a second image of it. Where nothing agrees (code that was copied
  /// elsewhere, as huge pages are), the first mapping decides.
  private static func placements(
    of file: ELFFile,
    _ regions: [MemoryMap.Region]
  ) -> [(bias: UInt64, range: Range<Address>)] {
    let starts = regions.filter { $0.offset == 0 }.map(\.range.lowerBound)
    let segments = file.loadSegments
    let lowest = file.lowestAddress & ~0xfff
    let agreeing = starts.filter { start in
      let bias = start.rawValue &- lowest
      return segments.allSatisfy { segment in
        let address = Address((bias &+ segment.address) & ~0xfff)
        return segment.fileSize == 0
          || regions.contains {
            $0.range.contains(address)
              && $0.offset &+ (address.rawValue &- $0.range.lowerBound.rawValue)
                == segment.offset & ~0xfff
              && $0.isExecutable == segment.isExecutable
          }
      }
    }
    let size = (segments.map { $0.address &+ $0.memorySize }.max() ?? 0) &- lowest
    return (agreeing.isEmpty ? starts.prefix(1) : agreeing[...]).map { start in
      // With what its file doesn't fill (.bss): it has no name in the map. A damaged file, which a program may map as
      // data, can claim anything.
      let size = max((size &+ 0xfff) & ~0xfff, 0x1000)
      return (start.rawValue &- lowest, Range(at: start, size: size))
    }
  }

  package func entry(containing address: Address) -> Entry? {
    entries.first { $0.range.contains(address) }
  }

  package func symbol(containing address: Address) -> SymbolTable.Symbol? {
    guard let entry = entry(containing: address) else { return nil }
    return symbols(of: entry).symbol(containing: entry.linkedAddress(of: address))
  }

  /// A symbol at exactly an address whose name begins in a given way.
  package func symbolName(at address: Address, prefix: String) -> String? {
    symbolNames(at: address).first { $0.hasPrefix(prefix) }
  }

  /// The symbols at exactly an address.
  func symbolNames(at address: Address) -> [String] {
    guard let entry = entry(containing: address) else { return [] }
    return symbols(of: entry).symbols(at: entry.linkedAddress(of: address)).map(\.name)
  }

  /// Where, in the process, a symbol of an image begins; nil where it has none of that name.
  package func address(of symbol: String, in entry: Entry) -> Address? {
    symbols(of: entry).address(of: symbol).map(entry.address(ofLinked:))
  }

  package func symbols(of entry: Entry) -> SymbolTable {
    if let table = symbolTables[entry.image.path] { return table }
    let table = sharedSymbols?.table(of: entry.file) ?? entry.file.symbolTable()
    symbolTables[entry.image.path] = table
    return table
  }
}
