/// An ELF file with nothing but symbols, all at one place, half of them dynamic: made, because no linker writes such.
enum SyntheticFile {
  enum Names: CaseIterable {
    /// All have the same.
    case oneName
    /// All have the same, and it has a megabyte.
    case oneLongName
    /// Each begins one byte behind that of the one before.
    case suffixesOfOne
    /// None has an end.
    case unterminated
  }

  static func bytes(symbols count: Int, names: Names) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
    var sections = [UInt8](repeating: 0, count: 64)

    func append(_ part: [UInt8], named name: UInt64, type: UInt64, link: UInt64, entrySize: UInt64)
    {
      var header = [UInt8](repeating: 0, count: 64)
      Mutations.set(&header, 0, 4, name)
      Mutations.set(&header, 4, 4, type)
      Mutations.set(&header, 24, 8, UInt64(bytes.count))
      Mutations.set(&header, 32, 8, UInt64(part.count))
      Mutations.set(&header, 40, 4, link)
      Mutations.set(&header, 56, 8, entrySize)
      sections += header
      bytes += part
    }

    let sectionNames = "\0.shstrtab\0.symtab\0.strtab\0.dynsym\0"
    append(Array(sectionNames.utf8), named: 1, type: 3, link: 0, entrySize: 0)
    let symbols = symbols(count, names)
    append(symbols, named: 11, type: 2, link: 3, entrySize: 24)
    append(strings(names), named: 19, type: 3, link: 0, entrySize: 0)
    append(symbols, named: 27, type: 11, link: 3, entrySize: 24)

    Mutations.set(&bytes, 40, 8, UInt64(bytes.count))
    Mutations.set(&bytes, 58, 2, 64)
    Mutations.set(&bytes, 60, 2, UInt64(sections.count / 64))
    Mutations.set(&bytes, 62, 2, 1)
    return bytes + sections
  }

  private static func strings(_ names: Names) -> [UInt8] {
    switch names {
    case .oneName: Array("name\0".utf8)
    case .oneLongName, .suffixesOfOne: [UInt8](repeating: 0x61, count: 1 << 20) + [0]
    case .unterminated: [UInt8](repeating: 0x61, count: 1 << 20)
    }
  }

  private static func symbols(_ count: Int, _ names: Names) -> [UInt8] {
    var symbol = [UInt8](repeating: 0, count: 24)
    // A function, global, of the first section, with an address and a size.
    symbol[4] = 0x12
    symbol[6] = 1
    Mutations.set(&symbol, 8, 8, 0x1000)
    Mutations.set(&symbol, 16, 8, 16)
    var symbols = symbol
    // By doubling, which a debug build does fast, too.
    while symbols.count < count * 24 { symbols += symbols }
    symbols.removeSubrange((count * 24)...)
    if names == .suffixesOfOne || names == .unterminated {
      for index in 0..<count { Mutations.set(&symbols, index * 24, 4, UInt64(index)) }
    }
    return symbols
  }
}
