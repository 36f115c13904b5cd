internal import Glibc

/// The symbols of a file, in order of address.
///
/// Names stay bytes, which it keeps a copy of, until they are asked for.
package struct SymbolTable: Sendable {
  package struct Symbol: Sendable, Equatable {
    package var name: String
    package var address: UInt64
    package var size: UInt64
  }

  private struct Entry: Sendable {
    var address: UInt64
    var size: UInt32
    var name: Name
    var section: UInt16
    var isDynamic: Bool
  }

  /// Where a name lies in the strings, without its NUL.
  private struct Name: Sendable {
    var offset: UInt32
    var length: UInt32

    /// For a symbol whose name lies outside its table, or has no end.
    static let none = Name(offset: 0, length: .max)

    var range: Range<Int>? {
      length == Self.none.length ? nil : Int(offset)..<Int(offset) + Int(length)
    }
  }

  private let entries: [Entry]
  /// Where sections end, for symbols that don't say how long they are.
  private let sectionEnds: [UInt64]
  /// The names of symbols, then those of dynamic symbols.
  private let strings: [UInt8]
  /// What other files can refer to, or this one must find in others.
  private let exchanged: [Name]
  private let nameIndex = SymbolNameIndex()

  private static let symbolTable: UInt32 = 2
  private static let dynamicSymbols: UInt32 = 11
  private static let entrySize = 24
  /// How many symbols may begin between the start of one and an address in it.
  private static let deepestNesting = 16

  init(of file: ELFFile) {
    sectionEnds = file.sections.map { $0.address &+ $0.size }
    var strings: [UInt8] = []
    var entries = Self.read(
      Self.symbolTable,
      of: file,
      appendingStringsTo: &strings
    ).defined
    let dynamic = Self.read(Self.dynamicSymbols, of: file, appendingStringsTo: &strings)
    exchanged = dynamic.exchanged
    Self.append(dynamic.defined, to: &entries, strings)
    Self.sort(&entries)
    self.entries = entries
    self.strings = strings
  }

  /// Most dynamic symbols are among the others, too: once is enough.
  private static func append(_ dynamic: [Entry], to entries: inout [Entry], _ strings: [UInt8]) {
    strings.withUnsafeBytes { strings in
      // A hash of 64 bits with a random seed stands for a symbol: those of a million symbols don't agree by chance.
      func identity(_ entry: Entry) -> Int {
        var hasher = Hasher()
        hasher.combine(entry.address)
        hasher.combine(entry.size)
        if let range = entry.name.range {
          hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: strings[range]))
        }
        return hasher.finalize()
      }
      let places = Set(dynamic.lazy.map(\.address))
      var known: Set<Int> = []
      for entry in entries where places.contains(entry.address) { known.insert(identity(entry)) }
      entries += dynamic.filter { !known.contains(identity($0)) }
    }
  }

  /// Reads a table's symbols; their names are in its strings.
  ///
  /// A damaged table has none.
  private static func read(
    _ type: UInt32,
    of file: ELFFile,
    appendingStringsTo allStrings: inout [UInt8]
  ) -> (defined: [Entry], exchanged: [Name]) {
    guard let section = file.sections.first(where: { $0.type == type }),
      section.entrySize == entrySize, section.link < file.sections.count,
      let symbols = file.contents.bytes(of: section).map(ByteReader.init),
      var names = file.contents.bytes(of: file.sections[Int(section.link)])
    else { return ([], []) }
    // What follows the last NUL has no end.
    names.removeSubrange((names.lastIndex(of: 0).map { $0 + 1 } ?? 0)...)
    let strings = ByteReader(bytes: names)
    let count = symbols.bytes.count / entrySize
    // Linkers share strings only between equal names and between a name and the end of another. Thousands of symbols
    // that share a name of a megabyte would make all that follows take the product of both.
    var budget = names.count * 4 + count * 1024
    var defined: [Entry] = []
    defined.reserveCapacity(count)
    var exchanged: [Name] = []
    for start in stride(from: 0, to: count * entrySize, by: entrySize) {
      // `Elf64_Sym`: name (4 bytes), type and binding (1), visibility (1), section (2), value, size.
      guard let nameOffset = symbols.load(start, UInt32.self),
        let info = symbols.load(start + 4, UInt8.self),
        let section = symbols.load(start + 6, UInt16.self),
        let address = symbols.load(start + 8, UInt64.self),
        let size = symbols.load(start + 16, UInt64.self)
      else { break }
      let length = strings.stringLength(at: Int(nameOffset))
      budget -= length ?? 0
      guard budget >= 0 else { return ([], []) }
      let name = length.map {
        // Both tables together have less than 4 GB: FileContents reads no more.
        Name(offset: UInt32(allStrings.count) + nameOffset, length: UInt32($0))
      }
      let weak: UInt8 = 2
      if type == dynamicSymbols, section != 0 || info >> 4 != weak, let name {
        exchanged.append(name)
      }
      // No type, objects and functions; defined, not absolute, and not beyond the last address.
      guard info & 0xf <= 2, section != 0, section < 0xff00, address != 0,
        !address.addingReportingOverflow(size).overflow
      else { continue }
      defined.append(
        Entry(
          address: address,
          size: UInt32(clamping: size),
          name: name ?? .none,
          section: section,
          isDynamic: type == dynamicSymbols
        )
      )
    }
    allStrings = allStrings.isEmpty ? names : allStrings + names
    return (defined, exchanged)
  }

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
    nameIndex.position(of: name, in: strings, count: entries.count) { position in
      entries[position].name.range
    }.map { entries[$0].address }
  }

  /// The names that contain one of some texts.
  ///
  /// Complexity: linear in the length of all names.
  package func names(containing texts: [String]) -> [String] {
    let patterns = texts.map(BytePattern.init)
    return strings.withUnsafeBytes { bytes in
      entries.compactMap { entry in
        guard let range = entry.name.range else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: bytes[range])
        return patterns.contains { $0.firstStart(in: name) != nil } ? string(entry.name) : nil
      }
    }
  }

  /// The names that other files can refer to, or that this one must find in others.
  ///
  /// Those that it can do without aren't among them (weak, and not defined).
  package func dynamicNames() -> [String] { exchanged.compactMap(string) }

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
    string(entry.name).map { Symbol(name: $0, address: entry.address, size: UInt64(entry.size)) }
  }

  private func string(_ name: Name) -> String? {
    name.range.map { String(decoding: strings[$0], as: UTF8.self) }
  }
}
