internal import Foundation

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
  private let data: Data

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
  private static let note: UInt32 = 4
  private static let buildIDNote: UInt32 = 3

  /// Maps the file; only the pages that are looked at are read.
  package init(path: String) throws(ELFError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw ELFError.unreadable(path, reason: error.localizedDescription)
    }
    try self.init(data: data, path: path)
  }

  package init(bytes: [UInt8], path: String = "") throws(ELFError) {
    try self.init(data: Data(bytes), path: path)
  }

  private init(data: Data, path: String) throws(ELFError) {
    guard data.count >= 64, data.prefix(4) == Data([0x7f, 0x45, 0x4c, 0x46]) else {
      throw ELFError.notELF(path)
    }
    guard data[data.startIndex + 4] == 2, data[data.startIndex + 5] == 1 else {
      throw ELFError.notSupported(path, detail: "only 64-bit little-endian files are read")
    }
    self.data = data
    self.path = path
    let reader = ByteReader(data: data)
    type = reader.load(16, UInt16.self) ?? 0
    machine = reader.load(18, UInt16.self) ?? 0
    entryPoint = reader.load(24, UInt64.self) ?? 0

    let headersOffset = reader.load(32, UInt64.self) ?? 0
    let headerCount = Int(reader.load(56, UInt16.self) ?? 0)
    var headers: [ProgramHeader] = []
    for index in 0..<headerCount {
      guard let start = Int(exactly: headersOffset), start <= data.count else { break }
      let base = start + index * 56
      guard let memorySize = reader.load(base + 40, UInt64.self) else { break }
      headers.append(
        ProgramHeader(
          type: reader.load(base, UInt32.self) ?? 0,
          flags: reader.load(base + 4, UInt32.self) ?? 0,
          offset: reader.load(base + 8, UInt64.self) ?? 0,
          address: reader.load(base + 16, UInt64.self) ?? 0,
          fileSize: reader.load(base + 32, UInt64.self) ?? 0,
          memorySize: memorySize
        )
      )
    }
    programHeaders = headers

    let tableStart = Int(exactly: reader.load(40, UInt64.self) ?? 0) ?? data.count
    let count = Int(reader.load(60, UInt16.self) ?? 0)
    let names = Int(reader.load(62, UInt16.self) ?? 0)
    guard tableStart <= data.count, count * 64 <= data.count - tableStart else {
      // Stripped of its section table, or cut short: the loader doesn't need it, and neither do we.
      sectionTable = 0..<0
      sections = []
      return
    }
    sectionTable = tableStart..<tableStart + count * 64
    sections = Self.readSections(reader, tableStart, count, names)
  }

  /// The table of sections as it would be in a file whose addresses begin so much lower.
  ///
  /// An executable that isn't position-independent states the addresses themselves, others offsets from the image.
  package func sectionTable(movedBy distance: UInt64) -> [UInt8] {
    var table = bytes(in: sectionTable)
    guard distance != 0 else { return table }
    for (index, section) in sections.enumerated() where section.address >= distance {
      withUnsafeBytes(of: (section.address - distance).littleEndian) { address in
        let place = index * 64 + 16
        table.replaceSubrange(place..<place + 8, with: address)
      }
    }
    return table
  }

  private static func readSections(
    _ reader: ByteReader,
    _ start: Int,
    _ count: Int,
    _ names: Int
  ) -> [Section] {
    var sections: [Section] = []
    var nameOffsets: [Int] = []
    for index in 0..<count {
      let base = start + index * 64
      nameOffsets.append(Int(reader.load(base, UInt32.self) ?? 0))
      sections.append(
        Section(
          name: "",
          type: reader.load(base + 4, UInt32.self) ?? 0,
          flags: reader.load(base + 8, UInt64.self) ?? 0,
          address: reader.load(base + 16, UInt64.self) ?? 0,
          offset: reader.load(base + 24, UInt64.self) ?? 0,
          size: reader.load(base + 32, UInt64.self) ?? 0,
          link: reader.load(base + 40, UInt32.self) ?? 0,
          entrySize: reader.load(base + 56, UInt64.self) ?? 0
        )
      )
    }
    guard names < sections.count, let table = reader.range(of: sections[names]) else {
      return sections
    }
    for index in sections.indices {
      sections[index].name = reader.string(in: table, at: nameOffsets[index]) ?? ""
    }
    return sections
  }

  // MARK: What the loader uses

  /// Whether all that the loader maps is there: false for a file that was cut short.
  package var isComplete: Bool {
    !programHeaders.isEmpty
      && programHeaders.allSatisfy {
        $0.type != Self.loadable
          || $0.offset <= UInt64(data.count) && $0.fileSize <= UInt64(data.count) - $0.offset
      }
  }

  /// The dynamic loader; nil for a statically linked program and for most libraries.
  package var interpreter: String? {
    guard let header = programHeaders.first(where: { $0.type == Self.interpreterType }),
      let range = byteRange(offset: header.offset, size: header.fileSize)
    else { return nil }
    return ByteReader(data: data).string(in: range, at: 0)
  }

  private func byteRange(offset: UInt64, size: UInt64) -> Range<Int>? {
    guard let start = Int(exactly: offset), let size = Int(exactly: size), start <= data.count,
      size <= data.count - start
    else { return nil }
    return start..<start + size
  }

  /// Whether the loader has anything to resolve: without it nothing can be preloaded.
  package var isDynamic: Bool { programHeaders.contains { $0.type == Self.dynamic } }

  /// What the loader maps.
  package var loadSegments: [ProgramHeader] { programHeaders.filter { $0.type == Self.loadable } }

  /// Bytes of each thread's own copy of the file's thread-local variables.
  package var threadLocalSize: UInt64 {
    programHeaders.lazy.filter { $0.type == Self.threadLocal }.map(\.memorySize).reduce(0, &+)
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

  /// Whether the file declares Swift types of its own and doesn't describe their fields: it was built
  /// with `-disable-reflection-metadata`.
  package var lacksFieldRecords: Bool {
    func has(_ name: String) -> Bool { section(named: name).map { $0.size > 0 } ?? false }
    return has("swift5_type_metadata") && !has("swift5_fieldmd")
  }

  /// Where a section's bytes lie in the file; nil where it has none or the file is too short.
  package func range(of section: Section) -> Range<Int>? {
    ByteReader(data: data).range(of: section)
  }

  package func bytes(in range: Range<Int>) -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= data.count else { return [] }
    return [UInt8](data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound])
  }

  func withBytes(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
    data.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The GNU build identifier in lower-case hexadecimal; nil where the file has none.
  package var buildID: String? {
    if let section = section(named: ".note.gnu.build-id"), let range = range(of: section) {
      return buildID(inNotes: range)
    }
    // Without a section table: the notes that the loader maps.
    return programHeaders.lazy.filter { $0.type == Self.note }.compactMap { header in
      byteRange(offset: header.offset, size: header.fileSize).flatMap(buildID)
    }.first
  }

  /// Notes are the sizes of name and description, a type, the name ("GNU\0") and the description,
  /// the last two each padded to words of four bytes.
  private func buildID(inNotes notes: Range<Int>) -> String? {
    let reader = ByteReader(data: data)
    var start = notes.lowerBound
    while notes.upperBound - start >= 12,
      let nameSize = reader.load(start, UInt32.self).map(Int.init),
      let size = reader.load(start + 4, UInt32.self).map(Int.init),
      let type = reader.load(start + 8, UInt32.self)
    {
      let description = start + 12 + (nameSize + 3) & ~3
      guard description + size <= notes.upperBound else { return nil }
      let isGNU = bytes(in: start + 12..<min(start + 16, data.count)) == Array("GNU\0".utf8)
      if type == Self.buildIDNote, nameSize == 4, isGNU, (1...64).contains(size) {
        return bytes(in: description..<description + size).map { byte in
          let digits = String(byte, radix: 16)
          return digits.count == 1 ? "0" + digits : digits
        }.joined()
      }
      start = description + (size + 3) & ~3
    }
    return nil
  }

  /// The version of the Swift compiler, `6.3.1`, where debug information names it (DW_AT_producer).
  package var swiftVersion: String? {
    guard let section = section(named: ".debug_str"), let range = range(of: section) else {
      return nil
    }
    let strings = data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound]
    guard let found = strings.range(of: Data("Swift version ".utf8)) else { return nil }
    let version = strings[found.upperBound...].prefix(16).prefix {
      $0 == UInt8(ascii: ".") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
    }
    return version.isEmpty ? nil : String(decoding: version, as: UTF8.self)
  }

  /// The functions and objects that the file names, in order of address.
  ///
  /// Complexity: O(n log n) in the number of symbols, and as much memory: keep the result.
  package func symbolTable() -> SymbolTable {
    SymbolTable(reader: ByteReader(data: data), sections: sections)
  }
}

/// What is wrong with a file that should be ELF.
package enum ELFError: Error, Equatable, CustomStringConvertible {
  case unreadable(String, reason: String)
  case notELF(String)
  case notSupported(String, detail: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) can't be read: \(reason)"
    case .notELF(let path): "\(path) is not an ELF file"
    case .notSupported(let path, let detail): "\(path) is an ELF file of another kind: \(detail)"
    }
  }
}
