internal import Foundation

/// The symbols of a file, in order of address.
///
/// Names are read when they are asked for.
package struct SymbolTable: Sendable {
  package struct Symbol: Sendable, Equatable {
    package var name: String
    package var address: UInt64
    package var size: UInt64
  }

  private struct Entry: Sendable {
    var address: UInt64
    var size: UInt32
    var nameOffset: UInt32
    var section: UInt16
    var isDynamic: Bool
  }

  private let reader: ByteReader
  private let entries: [Entry]
  /// Where sections end, for symbols that don't say how long they are.
  private let sectionEnds: [UInt64]
  private let names: Range<Int>?
  private let dynamicStrings: Range<Int>?
  private let dynamicSection: Range<Int>?
  private let nameIndex = SymbolNameIndex()

  /// By address, then size; of two that agree, the dynamic one comes last.
  ///
  /// With C's function: the standard library's allocates at every comparison in a debug build, which is how a test
  /// process, with its hundred thousand symbols, comes by it.
  private static func sort(_ entries: inout [Entry]) {
    entries.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      let stride = MemoryLayout<Entry>.stride
      qsort(start, bytes.count / stride, stride) { left, right in
        guard let left, let right else { return 0 }
        let one = left.load(as: Entry.self)
        let other = right.load(as: Entry.self)
        if one.address != other.address { return one.address < other.address ? -1 : 1 }
        if one.size != other.size { return one.size < other.size ? -1 : 1 }
        return (one.isDynamic ? 1 : 0) - (other.isDynamic ? 1 : 0)
      }
    }
  }

  private static let symbolTable: UInt32 = 2
  private static let dynamicSymbols: UInt32 = 11
  private static let entrySize = 24
  /// How many symbols may begin between the start of one and an address in it.
  private static let deepestNesting = 16

  init(reader: ByteReader, sections: [ELFFile.Section]) {
    self.reader = reader
    let symbols = sections.first { $0.type == Self.symbolTable }
    let dynamic = sections.first { $0.type == Self.dynamicSymbols }
    func strings(_ section: ELFFile.Section?) -> Range<Int>? {
      guard let section, Int(section.link) < sections.count else { return nil }
      return reader.range(of: sections[Int(section.link)])
    }
    names = strings(symbols)
    dynamicStrings = strings(dynamic)
    dynamicSection = dynamic.flatMap(reader.range)
    sectionEnds = sections.map { $0.address &+ $0.size }
    var entries: [Entry] = []
    if let range = symbols.flatMap(reader.range) {
      Self.append(&entries, range, reader, isDynamic: false)
    }
    if let dynamicSection { Self.append(&entries, dynamicSection, reader, isDynamic: true) }
    Self.sort(&entries)
    // Most dynamic symbols are among the others, too: once is enough.
    if let names, let dynamicStrings {
      Self.removeRepeated(&entries, reader, names, dynamicStrings)
    }
    self.entries = entries
  }

  private static func removeRepeated(
    _ entries: inout [Entry],
    _ reader: ByteReader,
    _ names: Range<Int>,
    _ dynamicStrings: Range<Int>
  ) {
    reader.data.withUnsafeBytes { bytes in
      /// From a name's first byte to the end of its table.
      func name(_ entry: Entry) -> UnsafeRawBufferPointer? {
        let table = entry.isDynamic ? dynamicStrings : names
        let start = table.lowerBound + Int(entry.nameOffset)
        return start < table.upperBound
          ? UnsafeRawBufferPointer(rebasing: bytes[start..<table.upperBound]) : nil
      }
      // The C function, because a debug build of this comparison takes seconds for the standard library.
      func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard let left = one.baseAddress, let right = other.baseAddress else { return false }
        return strncmp(left, right, min(one.count, other.count)) == 0
      }
      var kept = 0
      // By index: a debug build pays for every iterator.
      var next = 0
      while next < entries.count {
        let entry = entries[next]
        next += 1
        var isRepeated = false
        if entry.isDynamic, let own = name(entry) {
          // Of symbols at one place, the dynamic ones come last.
          var last = kept
          while last > 0 {
            last -= 1
            let other = entries[last]
            guard other.address == entry.address, other.size == entry.size else { break }
            if !other.isDynamic, let known = name(other), areEqual(known, own) {
              isRepeated = true
              break
            }
          }
        }
        if isRepeated { continue }
        entries[kept] = entry
        kept += 1
      }
      entries.removeSubrange(kept...)
    }
  }

  private static func append(
    _ entries: inout [Entry],
    _ range: Range<Int>,
    _ reader: ByteReader,
    isDynamic: Bool
  ) {
    entries.reserveCapacity(entries.count + range.count / entrySize)
    reader.data.withUnsafeBytes { bytes in
      for start in stride(
        from: range.lowerBound,
        through: range.upperBound - entrySize,
        by: entrySize
      ) {
        let info = bytes.load(fromByteOffset: start + 4, as: UInt8.self) & 0xf
        let section = bytes.loadUnaligned(fromByteOffset: start + 6, as: UInt16.self)
        let address = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
        let size = bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
        // No type, objects and functions; defined, and not absolute.
        guard info <= 2, section != 0, section < 0xff00, address != 0 else { continue }
        entries.append(
          Entry(
            address: address,
            size: UInt32(clamping: size),
            nameOffset: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self),
            section: section,
            isDynamic: isDynamic
          )
        )
      }
    }
  }

  package var count: Int { entries.count }

  /// The symbol whose bytes include an address; of several, the one that begins last.
  ///
  /// A symbol without a size reaches to the next one, or to the end of its section.
  /// Complexity: O(log n).
  package func symbol(containing address: UInt64) -> Symbol? {
    let next = upperBound(address)
    guard next > 0 else { return nil }
    let nearest = entries[next - 1].address
    for entry in entries[max(0, next - Self.deepestNesting)..<next].reversed() {
      let distance = address - entry.address
      if distance < UInt64(entry.size) { return symbol(entry) }
      if entry.size == 0, entry.address == nearest, isInSection(address, of: entry) {
        return symbol(entry)
      }
    }
    return nil
  }

  private func isInSection(_ address: UInt64, of entry: Entry) -> Bool {
    let section = Int(entry.section)
    return section < sectionEnds.count && address < sectionEnds[section]
  }

  /// The symbols that begin at exactly an address.
  package func symbols(at address: UInt64) -> [Symbol] {
    entries[lowerBound(address)...].prefix { $0.address == address }.compactMap(symbol)
  }

  /// Where the symbol of a name begins; of several, the first.
  ///
  /// Complexity: O(1), after the first call has looked at every name.
  package func address(of name: String) -> UInt64? {
    nameIndex.position(of: name, in: reader.data, count: entries.count) { position in
      nameBytes(entries[position])
    }.map { entries[$0].address }
  }

  /// The names that contain one of some texts.
  ///
  /// Complexity: linear in the length of all names.
  package func names(containing texts: [String]) -> [String] {
    entries.compactMap { entry in
      guard let name = symbol(entry)?.name, texts.contains(where: name.contains) else { return nil }
      return name
    }
  }

  /// The names that other files can refer to, or that this one must find in others.
  ///
  /// Those that it can do without aren't among them (weak, and not defined).
  package func dynamicNames() -> [String] {
    guard let dynamicSection, let dynamicStrings else { return [] }
    return stride(
      from: dynamicSection.lowerBound,
      through: dynamicSection.upperBound - Self.entrySize,
      by: Self.entrySize
    ).compactMap { start in
      // `Elf64_Sym`: name (4 bytes), type and binding (1), visibility (1), section (2), value, size.
      guard let offset = reader.load(start, UInt32.self),
        let info = reader.load(start + 4, UInt8.self),
        let section = reader.load(start + 6, UInt16.self)
      else { return nil }
      let weak: UInt8 = 2
      if section == 0, info >> 4 == weak { return nil }
      return reader.string(in: dynamicStrings, at: Int(offset))
    }
  }

  /// The number of symbols that begin below an address.
  private func lowerBound(_ address: UInt64) -> Int {
    address == 0 ? 0 : upperBound(address - 1)
  }

  /// The number of symbols that begin at an address or below.
  private func upperBound(_ address: UInt64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func symbol(_ entry: Entry) -> Symbol? {
    guard let table = entry.isDynamic ? dynamicStrings : names,
      let name = reader.string(in: table, at: Int(entry.nameOffset))
    else { return nil }
    return Symbol(name: name, address: entry.address, size: UInt64(entry.size))
  }

  /// From the first byte of a name to the end of its table; nil where it lies outside.
  private func nameBytes(_ entry: Entry) -> Range<Int>? {
    guard let table = entry.isDynamic ? dynamicStrings : names else { return nil }
    let start = table.lowerBound + Int(entry.nameOffset)
    return start < table.upperBound ? start..<table.upperBound : nil
  }
}
