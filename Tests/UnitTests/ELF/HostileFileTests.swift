import ELF
import Foundation
import Testing

/// Files that were made to mislead a reader, and paths that lead to something else.
@Suite struct HostileFileTests {
  private let folder: TemporaryFolder
  private let path: String
  private let bytes: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/small"
    try ELFFileTests.Sample.compile(
      "__thread int own; int counter = 1; int next(int by) { return counter += by + own; }",
      ["-fPIC", "-shared", "-nostdlib", "-Wl,--build-id", "-o", path]
    )
    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  // MARK: What isn't a file to read

  @Test("A FIFO is refused, and no writer is waited for", .timeLimit(.minutes(10)))
  func fifo() throws {
    let path = folder.path + "/fifo"
    try #require(mkfifo(path, 0o600) == 0)
    #expect(throws: ELFError.unreadable(path, reason: "It isn't a regular file")) {
      try ELFFile(path: path)
    }
  }

  @Test(
    "Directories and devices are refused, also those without an end",
    .timeLimit(.minutes(10)),
    arguments: ["/", "/dev/null", "/dev/zero"]
  )
  func otherKinds(path: String) {
    #expect(throws: ELFError.unreadable(path, reason: "It isn't a regular file")) {
      try ELFFile(path: path)
    }
  }

  @Test("A file that isn't there is refused with the system's reason")
  func missing() {
    let path = folder.path + "/missing"
    #expect(throws: ELFError.unreadable(path, reason: "No such file or directory")) {
      try ELFFile(path: path)
    }
  }

  @Test("An empty file and one that ends within its header aren't ELF", arguments: [0, 4, 52, 63])
  func short(length: Int) throws {
    try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
    #expect(throws: ELFError.notELF(path)) { try ELFFile(path: path) }
  }

  @Test("32-bit and big-endian files are refused", arguments: [(1, 1), (2, 2), (1, 2)])
  func otherMachines(wordSize: Int, order: Int) throws {
    var other = bytes
    other[4] = UInt8(wordSize)
    other[5] = UInt8(order)
    try Data(other).write(to: URL(fileURLWithPath: path))
    #expect(
      throws: ELFError.notSupported(path, detail: "only 64-bit little-endian files are read")
    ) { try ELFFile(path: path) }
  }

  // MARK: Files that change

  @Test("A file that is cut off while it is read gives nothing more, and no SIGBUS")
  func shrinking() throws {
    let file = try ELFFile(path: path)
    let text = try #require(file.section(named: ".text"))
    let range = try #require(file.range(of: text))
    #expect(file.bytes(in: range).count == range.count)
    try #require(truncate(path, 100) == 0)
    #expect(file.bytes(in: range).isEmpty)
    #expect(file.buildID == nil && file.symbolTable().count == 0)
    #expect(file.sectionTable(movedBy: 1).isEmpty)
    EveryUse.sum(file)
  }

  @Test("A file whose name another one takes gives nothing more, and nothing of the other one")
  func replacement() throws {
    let file = try ELFFile(path: path)
    try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    #expect(file.bytes(in: 0..<bytes.count).isEmpty)
    try FileManager.default.removeItem(atPath: path)
    #expect(file.symbolTable().count == 0)
  }

  @Test("A file of /proc stays the one that was opened, whatever becomes of its name")
  func processLink() throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    let file = try ELFFile(path: "/proc/self/fd/\(descriptor)")
    close(descriptor)
    try FileManager.default.removeItem(atPath: path)
    #expect(file.bytes(in: 0..<bytes.count) == bytes)
    #expect(file.symbolTable().address(of: "next") != nil)
  }

  @Test("A file that was written to gives nothing more: its parts don't fit each other")
  func overwriting() throws {
    let file = try ELFFile(path: path)
    let table = file.symbolTable()
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data(bytes.reversed()))
    try handle.close()
    // Clocks of file systems tick slowly.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: 10)],
      ofItemAtPath: path
    )
    #expect(file.bytes(in: 0..<4).isEmpty && file.symbolTable().count == 0)
    // What was read before stays.
    #expect(table.address(of: "next") != nil)
  }

  @Test("No file stays open")
  func closing() throws {
    func isOpen() throws -> Bool {
      let folder = "/proc/self/fd/"
      return try FileManager.default.contentsOfDirectory(atPath: folder).contains {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + $0)) == path
      }
    }
    let file = try ELFFile(path: path)
    #expect(try !isOpen())
    let table = file.symbolTable()
    #expect(try !isOpen())
    #expect(table.address(of: "next") != nil)
    try Data(bytes.reversed()).write(to: URL(fileURLWithPath: path))
    #expect(throws: ELFError.self) { try ELFFile(path: path) }
    #expect(try !isOpen())
  }

  @Test("A sparse file with terabytes of symbols has none", .timeLimit(.minutes(10)))
  func sparse() throws {
    var claims = bytes
    let size: UInt64 = 1 << 42
    for index in 1..<(try ELFFile(bytes: bytes).sections.count) {
      Mutations.set(&claims, try sectionField(index, 32), 8, size / 2)
    }
    try Data(claims).write(to: URL(fileURLWithPath: path))
    try #require(truncate(path, off_t(size)) == 0)
    let file = try ELFFile(path: path)
    #expect(file.symbolTable().count == 0 && file.sections.allSatisfy(\.name.isEmpty))
    EveryUse.sum(file)
  }

  // MARK: Headers

  @Test("Tables whose entries have another size aren't read")
  func entrySizes() throws {
    for size: UInt64 in [0, 1, 55, 57, 63, 65, 128, 0xffff] {
      let headers = try ELFFile(bytes: with(54, 2, size))
      #expect(headers.programHeaders.isEmpty && !headers.sections.isEmpty && !headers.isComplete)
      let sections = try ELFFile(bytes: with(58, 2, size))
      #expect(sections.sections.isEmpty && sections.sectionTable.isEmpty)
      #expect(!sections.programHeaders.isEmpty && sections.buildID != nil)
    }
    let symbols = try index(of: ".symtab")
    let file = try ELFFile(bytes: with(sectionField(symbols, 56), 8, 32))
    // The dynamic ones are left.
    #expect(file.symbolTable().address(of: "next") != nil)
    #expect(try file.symbolTable().count < ELFFile(bytes: bytes).symbolTable().count)
  }

  @Test("Extended numbering, which loaded files don't have, is read as no table")
  func extendedNumbering() throws {
    var extended = with(60, 2, 0)
    Mutations.set(&extended, try sectionField(0, 32), 8, UInt64.max / 64)
    #expect(try ELFFile(bytes: extended).sections.isEmpty)
    extended = with(56, 2, 0xffff)
    Mutations.set(&extended, try sectionField(0, 44), 4, 0xffff_ffff)
    #expect(try ELFFile(bytes: extended).programHeaders.isEmpty)
  }

  @Test("Program headers that the file ends in aren't complete")
  func cutProgramHeaders() throws {
    let file = try ELFFile(bytes: Array(bytes[..<(64 + 56 + 55)]))
    #expect(file.programHeaders.isEmpty && !file.isComplete && file.lowestAddress == 0)
  }

  @Test("Thread-local storage that no memory could hold is none")
  func threadLocalStorage() throws {
    let own = try ELFFile(bytes: bytes)
    #expect(own.threadLocalSize == 4)
    let first = try #require(own.programHeaders.firstIndex { $0.type == 7 })
    for size: UInt64 in [.max, .max - 126, 1 << 63, 1 << 48] {
      var huge = with(64 + first * 56 + 40, 8, size)
      // And with a second one, so that the sum counts.
      Mutations.set(&huge, 64 + (first == 0 ? 1 : 0) * 56, 4, 7)
      let file = try ELFFile(bytes: huge)
      #expect(file.programHeaders.filter { $0.type == 7 }.count == 2)
      #expect(file.threadLocalSize == 0)
    }
  }

  @Test("Sections may overlap and lie in any order")
  func overlap() throws {
    let own = try ELFFile(bytes: bytes)
    var everywhere = bytes
    for index in own.sections.indices {
      Mutations.set(&everywhere, try sectionField(index, 24), 8, 0)
      Mutations.set(&everywhere, try sectionField(index, 32), 8, UInt64(bytes.count))
    }
    let file = try ELFFile(bytes: everywhere)
    #expect(file.sections.count == own.sections.count)
    EveryUse.sum(file)
  }

  @Test("Texts of compressed sections aren't guessed")
  func compressed() throws {
    let path = folder.path + "/texts"
    try ELFFileTests.Sample.compile(
      #"""
      __asm__(".section .debug_str,\"MS\",@progbits,1\n"
              ".string \"Swift version 6.3.1 (swift)\"\n");
      """#,
      ["-shared", "-nostdlib", "-o", path]
    )
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let file = try ELFFile(bytes: bytes)
    #expect(file.swiftVersion == "6.3.1")
    let index = try #require(file.sections.firstIndex { $0.name == ".debug_str" })
    let flags = file.sections[index].flags | 0x800
    Mutations.set(&bytes, file.sectionTable.lowerBound + index * 64 + 8, 8, flags)
    #expect(try ELFFile(bytes: bytes).swiftVersion == nil)
  }

  // MARK: Notes and names

  @Test("Notes whose sizes reach past their end have no build ID")
  func notes() throws {
    let file = try ELFFile(bytes: bytes)
    let section = try #require(file.section(named: ".note.gnu.build-id"))
    let start = try #require(file.range(of: section)).lowerBound
    for size: UInt64 in [0xffff_ffff, 0xffff_fffd, 0x7fff_ffff, 0x8000_0000, 65, 0] {
      for field in [start, start + 4] {
        #expect(try ELFFile(bytes: with(field, 4, size)).buildID == nil)
      }
    }
  }

  @Test("Names without an end are none, and other names stay")
  func unterminatedNames() throws {
    // Without the dynamic symbols, which have strings of their own.
    var bytes = try with(sectionField(index(of: ".dynsym"), 4), 4, 0)
    let file = try ELFFile(bytes: bytes)
    let strings = try #require(file.section(named: ".strtab").flatMap(file.range))
    let text = file.bytes(in: strings)
    // The table ends in the middle of its last name.
    let length = try #require(text.dropLast().lastIndex(of: 0)) + 2
    Mutations.set(&bytes, try sectionField(index(of: ".strtab"), 32), 8, UInt64(length))
    let cut = try ELFFile(bytes: bytes)
    let last = String(decoding: text[(length - 1)..<(text.count - 1)], as: UTF8.self)
    let table = file.symbolTable()
    let address = try #require(table.address(of: last))
    let left = cut.symbolTable()
    #expect(left.count == table.count && left.address(of: last) == nil)
    #expect(left.symbols(at: address).count == table.symbols(at: address).count - 1)
    #expect(left.names(containing: [""]).count == table.count - 1)
    EveryUse.sum(cut)
  }

  @Test(
    "Names and places that many symbols share don't make work that grows with their square",
    .timeLimit(.minutes(10)),
    arguments: SyntheticFile.Names.allCases
  )
  func sharedNames(names: SyntheticFile.Names) throws {
    let count = 50_000
    let file = try ELFFile(bytes: SyntheticFile.bytes(symbols: count, names: names))
    #expect(file.sections.map(\.name) == ["", ".shstrtab", ".symtab", ".strtab", ".dynsym"])
    let table = file.symbolTable()
    #expect(table.address(of: "no symbol has this name") == nil)
    switch names {
    // All names together have billions of bytes: the table is damaged.
    case .oneLongName, .suffixesOfOne: #expect(table.count == 0)
    case .oneName:
      #expect(table.address(of: "name") == 0x1000)
      #expect(table.count == count)
    case .unterminated:
      #expect(table.count == count)
      #expect(table.symbol(containing: 0x1000) == nil)
    }
    #expect(table.dynamicNames().count == (names == .oneName ? count : 0))
  }

  // MARK: Helpers

  private func with(_ offset: Int, _ width: Int, _ value: UInt64) -> [UInt8] {
    var changed = bytes
    Mutations.set(&changed, offset, width, value)
    return changed
  }

  private func index(of name: String) throws -> Int {
    try #require(try ELFFile(bytes: bytes).sections.firstIndex { $0.name == name })
  }

  /// Where a field of a section's header is, by its offset in `Elf64_Shdr`.
  private func sectionField(_ index: Int, _ offset: Int) throws -> Int {
    try ELFFile(bytes: bytes).sectionTable.lowerBound + index * 64 + offset
  }
}
