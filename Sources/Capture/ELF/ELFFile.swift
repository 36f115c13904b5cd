/// A 64-bit little-endian ELF file: an executable or a shared library.
///
/// Layout: System V ABI, chapter 4 and 5, and elf(5). Every offset that the file states is checked
/// before it is used: a damaged file is an error or an absent part, never a trap.
package struct ELFFile: Sendable {
  package let path: String
  package let machine: UInt16
  package let type: UInt16
  package let entryPoint: UInt64
  package let programHeaders: [ProgramHeader]
  package let sections: [Section]
  /// Where the file keeps its table of sections, in bytes from its start.
  package let sectionTable: Range<Int>
  let contents: FileContents

  package struct ProgramHeader: Sendable {
    package var type: UInt32
    package var flags: UInt32
    package var offset: UInt64
    package var address: UInt64
    package var fileSize: UInt64
    package var memorySize: UInt64

    package var isExecutable: Bool { flags & 1 != 0 }
  }

  package struct Section: Sendable {
    package var name: String
    package var type: UInt32
    package var flags: UInt64
    package var address: UInt64
    package var offset: UInt64
    package var size: UInt64
    package var link: UInt32
    package var entrySize: UInt64
  }

  package static let machineX86: UInt16 = 62
  package static let machineARM: UInt16 = 183

  private static let threadLocal: UInt32 = 7
  private static let loadable: UInt32 = 1
  private static let dynamic: UInt32 = 2
  private static let interpreterType: UInt32 = 3
  /// `PATH_MAX`: Linux doesn't start a program that names a longer one.
  private static let longestPath: UInt64 = 4096
  /// Bytes that a process has on x86-64 and AArch64.
  private static let addressSpace: UInt64 = 1 << 48

  // Bytes of `Elf64_Ehdr`, `Elf64_Phdr` and `Elf64_Shdr` in elf.h. A header that states other sizes describes tables
  // that can't be read.
  private static let headerSize = 64
  private static let programHeaderSize = 56
  private static let sectionSize = 64
  /// Bytes of program headers that Linux accepts (`load_elf_phdrs` in fs/binfmt_elf.c).
  private static let mostProgramHeaders = 1 << 16
  /// Bytes of a section's name, at most: in linked files they have a few dozen.
  private static let longestSectionName = 1024

  /// Reads the headers and the table of sections; all else is read when it is asked for.
  package init(path: String) throws(ELFError) {
    try self.init(contents: FileContents(path: path), path: path)
  }

  package init(bytes: [UInt8], path: String = "") throws(ELFError) {
    try self.init(contents: FileContents(bytes), path: path)
  }

  private init(contents: FileContents, path: String) throws(ELFError) {
    guard contents.count >= Self.headerSize else { throw ELFError.notELF(path) }
    guard let bytes = contents.bytes(in: 0..<Self.headerSize) else {
      throw ELFError.unreadable(path, reason: "It changed, or its header can't be read")
    }
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw ELFError.notELF(path) }
    guard bytes[4] == 2, bytes[5] == 1 else {
      throw ELFError.notSupported(path, detail: "only 64-bit little-endian files are read")
    }
    self.contents = contents
    self.path = path
    let header = ByteReader(bytes: bytes)
    type = header.load(16, UInt16.self) ?? 0
    machine = header.load(18, UInt16.self) ?? 0
    entryPoint = header.load(24, UInt64.self) ?? 0
    programHeaders = Self.programHeaders(header, contents)
    // Stripped of its section table, or cut short: the loader doesn't need it, and neither do we.
    sectionTable = Self.sectionTable(header, contents) ?? 0..<0
    sections = Self.sections(header, sectionTable, contents)
  }

  private static func programHeaders(
    _ header: ByteReader,
    _ contents: FileContents
  ) -> [ProgramHeader] {
    guard let offset = header.load(32, UInt64.self), let entrySize = header.load(54, UInt16.self),
      let count = header.load(56, UInt16.self), entrySize == programHeaderSize,
      Int(count) * programHeaderSize <= mostProgramHeaders,
      let bytes = contents.bytes(offset: offset, size: UInt64(Int(count) * programHeaderSize))
    else { return [] }
    let table = ByteReader(bytes: bytes)
    return (0..<Int(count)).map { index in
      let base = index * programHeaderSize
      return ProgramHeader(
        type: table.load(base, UInt32.self) ?? 0,
        flags: table.load(base + 4, UInt32.self) ?? 0,
        offset: table.load(base + 8, UInt64.self) ?? 0,
        address: table.load(base + 16, UInt64.self) ?? 0,
        fileSize: table.load(base + 32, UInt64.self) ?? 0,
        memorySize: table.load(base + 40, UInt64.self) ?? 0
      )
    }
  }

  /// Nil where there is none.
  ///
  /// A file with 65,280 sections or more has no count in its header (extended numbering). Linkers write such object
  /// files only, and they aren't loaded: it is read as one without a section table.
  private static func sectionTable(_ header: ByteReader, _ contents: FileContents) -> Range<Int>? {
    guard let offset = header.load(40, UInt64.self), let entrySize = header.load(58, UInt16.self),
      let count = header.load(60, UInt16.self), count > 0, entrySize == sectionSize
    else { return nil }
    return contents.range(offset: offset, size: UInt64(Int(count) * sectionSize))
  }

  /// The table of sections as it would be in a file whose addresses begin so much lower.
  ///
  /// An executable that isn't position-independent states the addresses themselves, others offsets from the image.
  package func sectionTable(movedBy distance: UInt64) -> [UInt8] {
    var table = bytes(in: sectionTable)
    guard distance != 0, !table.isEmpty else { return table }
    for (index, section) in sections.enumerated() where section.address >= distance {
      withUnsafeBytes(of: (section.address - distance).littleEndian) { address in
        let place = index * Self.sectionSize + 16
        table.replaceSubrange(place..<place + 8, with: address)
      }
    }
    return table
  }

  private static func sections(
    _ header: ByteReader,
    _ range: Range<Int>,
    _ contents: FileContents
  ) -> [Section] {
    guard let bytes = contents.bytes(in: range) else { return [] }
    let table = ByteReader(bytes: bytes)
    var sections = stride(from: 0, to: bytes.count, by: sectionSize).map { base in
      Section(
        name: "",
        type: table.load(base + 4, UInt32.self) ?? 0,
        flags: table.load(base + 8, UInt64.self) ?? 0,
        address: table.load(base + 16, UInt64.self) ?? 0,
        offset: table.load(base + 24, UInt64.self) ?? 0,
        size: table.load(base + 32, UInt64.self) ?? 0,
        link: table.load(base + 40, UInt32.self) ?? 0,
        entrySize: table.load(base + 56, UInt64.self) ?? 0
      )
    }
    guard let index = header.load(62, UInt16.self), index < sections.count,
      let strings = contents.bytes(of: sections[Int(index)])
    else { return sections }
    let names = ByteReader(bytes: strings)
    for index in sections.indices {
      let offset = Int(table.load(index * sectionSize, UInt32.self) ?? 0)
      sections[index].name = names.string(at: offset, limit: longestSectionName) ?? ""
    }
    return sections
  }

  // MARK: What the loader uses

  /// Whether all that the loader maps is there: false for a file that was cut short.
  package var isComplete: Bool {
    !programHeaders.isEmpty
      && programHeaders.allSatisfy {
        $0.type != Self.loadable
          || $0.offset <= UInt64(contents.count)
            && $0.fileSize <= UInt64(contents.count) - $0.offset
      }
  }

  /// The dynamic loader; nil for a statically linked program and for most libraries.
  package var interpreter: String? {
    guard let header = programHeaders.first(where: { $0.type == Self.interpreterType }),
      header.fileSize <= Self.longestPath,
      let bytes = contents.bytes(offset: header.offset, size: header.fileSize)
    else { return nil }
    return ByteReader(bytes: bytes).string(at: 0)
  }

  /// Whether the loader has anything to resolve: without it nothing can be preloaded.
  package var isDynamic: Bool { programHeaders.contains { $0.type == Self.dynamic } }

  /// What the loader maps.
  package var loadSegments: [ProgramHeader] { programHeaders.filter { $0.type == Self.loadable } }

  /// Bytes of each thread's own copy of the file's thread-local variables; zero where no memory could hold them.
  ///
  /// Sums of many files' sizes don't overflow, then.
  package var threadLocalSize: UInt64 {
    var sum: UInt64 = 0
    for header in programHeaders where header.type == Self.threadLocal {
      guard header.memorySize <= Self.addressSpace - sum else { return 0 }
      sum += header.memorySize
    }
    return sum
  }

  /// The lowest address that is mapped: subtract it from where it lies in memory to get the bias.
  package var lowestAddress: UInt64 {
    loadSegments.map(\.address).min() ?? 0
  }

  // MARK: Sections

  package func section(named name: String) -> Section? { sections.first { $0.name == name } }

  /// Whether the file has compiled Swift in it. (Every library that the Swift driver links has the
  /// sections; in those without Swift they are empty.)
  package var hasSwiftSections: Bool {
    sections.contains { $0.name.hasPrefix("swift5_") && $0.size > 0 }
  }

  /// Whether the file has DWARF debug information of its own, compressed (`.zdebug_info`, once) or not.
  package var hasDebugInformation: Bool {
    [".debug_info", ".zdebug_info"].contains { section(named: $0).map { $0.size > 0 } ?? false }
  }

  /// Whether the file declares Swift types of its own and doesn't describe their fields: it was built
  /// with `-disable-reflection-metadata`.
  package var lacksFieldRecords: Bool {
    func has(_ name: String) -> Bool { section(named: name).map { $0.size > 0 } ?? false }
    return has("swift5_type_metadata") && !has("swift5_fieldmd")
  }

  /// Where a section's bytes lie in the file; nil where it has none or the file is too short.
  package func range(of section: Section) -> Range<Int>? { contents.range(of: section) }

  /// A part of the file; empty where it doesn't lie in it, or the file has changed.
  package func bytes(in range: Range<Int>) -> [UInt8] { contents.bytes(in: range) ?? [] }

  /// The functions and objects that the file names, in order of address.
  ///
  /// Complexity: O(n log n) in the number of symbols, and as much memory: keep the result.
  package func symbolTable() -> SymbolTable {
    SymbolTable(of: self)
  }
}
