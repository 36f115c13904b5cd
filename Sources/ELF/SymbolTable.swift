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
    var isDynamic: Bool
  }

  private let reader: ByteReader
  private let entries: [Entry]
  private let names: Range<Int>?
  private let dynamicStrings: Range<Int>?

  private let dynamicSection: Range<Int>?

  private static let symbolTable: UInt32 = 2
  private static let dynamicSymbols: UInt32 = 11
  private static let entrySize = 24

  init(reader: ByteReader, sections: [ELFFile.Section]) {
    self.reader = reader
    var entries: [Entry] = []
    func strings(_ type: UInt32) -> Range<Int>? {
      guard let section = sections.first(where: { $0.type == type }),
        Int(section.link) < sections.count
      else { return nil }
      return reader.range(of: sections[Int(section.link)])
    }
    names = strings(Self.symbolTable)
    dynamicStrings = strings(Self.dynamicSymbols)
    dynamicSection = sections.first { $0.type == Self.dynamicSymbols }.flatMap(reader.range)
    for section in sections
    where section.type == Self.symbolTable || section.type == Self.dynamicSymbols {
      guard let range = reader.range(of: section) else { continue }
      reader.data.withUnsafeBytes { bytes in
        for start in stride(
          from: range.lowerBound,
          through: range.upperBound - Self.entrySize,
          by: Self.entrySize
        ) {
          let nameOffset = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
          let info = bytes.load(fromByteOffset: start + 4, as: UInt8.self) & 0xf
          let index = bytes.loadUnaligned(fromByteOffset: start + 6, as: UInt16.self)
          let address = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
          // No type, objects and functions; defined, and not absolute.
          guard info <= 2, index != 0, index < 0xff00, address != 0 else { continue }
          entries.append(
            Entry(
              address: address,
              size: UInt32(
                clamping: bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
              ),
              nameOffset: nameOffset,
              isDynamic: section.type == Self.dynamicSymbols
            )
          )
        }
      }
    }
    self.entries = entries.sorted { ($0.address, $0.size) < ($1.address, $1.size) }
  }

  package var count: Int { entries.count }

  /// The symbol whose bytes include an address; of several, the one that begins last.
  ///
  /// A symbol without a size reaches to the next one. Complexity: O(log n).
  package func symbol(containing address: UInt64) -> Symbol? {
    var index = lowerBound(address + 1) - 1
    var steps = 0
    while index >= 0, steps < 16 {
      let entry = entries[index]
      if entry.size == 0 || address - entry.address < UInt64(entry.size) { return symbol(entry) }
      index -= 1
      steps += 1
    }
    return nil
  }

  /// The symbols that begin at exactly an address.
  package func symbols(at address: UInt64) -> [Symbol] {
    entries[lowerBound(address)...].prefix { $0.address == address }.compactMap(symbol)
  }

  /// Where the symbol of a name begins.
  ///
  /// Complexity: O(n).
  package func address(of name: String) -> UInt64? {
    entries.lazy.compactMap(symbol).first { $0.name == name }?.address
  }

  /// The names that other files can refer to, defined or not.
  package func dynamicNames() -> [String] {
    guard let dynamicSection, let dynamicStrings else { return [] }
    return stride(
      from: dynamicSection.lowerBound,
      through: dynamicSection.upperBound - Self.entrySize,
      by: Self.entrySize
    ).compactMap { start in
      reader.load(start, UInt32.self).flatMap { reader.string(in: dynamicStrings, at: Int($0)) }
    }
  }

  private func lowerBound(_ address: UInt64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].address < address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func symbol(_ entry: Entry) -> Symbol? {
    guard let table = entry.isDynamic ? dynamicStrings : names,
      let name = reader.string(in: table, at: Int(entry.nameOffset))
    else { return nil }
    return Symbol(name: name, address: entry.address, size: UInt64(entry.size))
  }
}
