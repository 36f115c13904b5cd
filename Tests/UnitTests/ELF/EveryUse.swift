import ELF

/// Calls all that the package offers of an ELF file, as its users do.
enum EveryUse {
  /// Addresses that a file may not have thought of.
  private static let addresses: [UInt64] = [
    0, 1, 0x1000, 0x2000, .max - 1, .max, 1 << 63, 1 << 47, .max / 2,
  ]
  private static let names = ["next", "counter", "malloc", "", "\u{fffd}", "x", "swift_retain"]
  /// Those that are looked for, and one that isn't there.
  private static let sections = [
    ".shstrtab", ".debug_str", ".debug_line_str", ".debug_line", ".symtab", ".dynstr", ".text",
    ".bss", "swift5_type_metadata", "",
  ]

  /// A number that depends on every answer, so that none is left out.
  @discardableResult
  static func sum(_ bytes: [UInt8]) -> Int {
    guard let file = try? ELFFile(bytes: bytes) else { return 0 }
    return sum(file)
  }

  @discardableResult
  static func sum(_ file: ELFFile) -> Int {
    header(file) &+ sections(of: file) &+ symbols(of: file)
  }

  private static func header(_ file: ELFFile) -> Int {
    var sum = Int(file.machine) &+ Int(file.type)
    for flag in [file.isDynamic, file.isComplete, file.hasSwiftSections, file.lacksFieldRecords] {
      sum &+= flag ? 1 : 0
    }
    for number in [file.entryPoint, file.lowestAddress, file.threadLocalSize] {
      sum &+= Int(truncatingIfNeeded: number)
    }
    for text in [file.buildID, file.interpreter, file.swiftVersion] { sum &+= text?.count ?? 0 }
    sum &+= file.loadSegments.filter(\.isExecutable).count
    return sum
  }

  private static func sections(of file: ELFFile) -> Int {
    var sum = 0
    for distance: UInt64 in [0, 1, 0x40_0000, .max] {
      sum &+= file.sectionTable(movedBy: distance).count
    }
    for name in sections {
      guard let section = file.section(named: name), let range = file.range(of: section) else {
        continue
      }
      sum &+= file.bytes(in: range).count
      file.forEachText(after: "/checkouts/", in: section) { sum &+= $0.utf8.count }
      file.forEachText(after: "a", in: section, limit: 3) { sum &+= $0.utf8.count }
      file.forEachText(after: "", in: section) { _ in sum &+= 1 }
    }
    for range in [0..<0, 0..<1, 0..<Int.max, Int.max..<Int.max, -1..<1, Int.min..<Int.max] {
      sum &+= file.bytes(in: range).count
    }
    return sum &+ file.bytes(in: file.sectionTable).count
  }

  private static func symbols(of file: ELFFile) -> Int {
    let table = file.symbolTable()
    var sum = table.count &+ table.dynamicNames().count
    sum &+= table.names(containing: ["next", "Kind"]).count
    for address in addresses + [file.entryPoint] + file.sections.prefix(40).map(\.address) {
      sum &+= table.symbol(containing: address)?.name.count ?? 0
      for symbol in table.symbols(at: address) {
        sum &+= symbol.name.utf8.count
        sum &+= table.symbol(containing: symbol.address &+ symbol.size)?.name.utf8.count ?? 0
      }
    }
    for name in names {
      guard let address = table.address(of: name) else { continue }
      sum &+= table.symbols(at: address).count &+ (table.symbol(containing: address) == nil ? 0 : 1)
    }
    return sum
  }
}
