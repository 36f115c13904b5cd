import ELF
import Foundation
import Testing

@Suite struct SymbolTableTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "Symbols are found by address and by name as readelf lists them",
    arguments: [ELFFileTests.Sample.swiftLibrary, .libc, .staticProgram]
  )
  func agreement(sample: ELFFileTests.Sample) throws {
    let path = try sample.path(in: folder)
    let table = try ELFFile(path: path).symbolTable()
    let expected = try Readelf(path: path).symbols()
    try #require(expected.count > 20)
    #expect(Set(expected.map(\.address)).count <= table.count)
    #expect(table.count <= expected.count)
    let byName = Dictionary(grouping: expected, by: \.name)
    let byAddress = Dictionary(grouping: expected, by: \.address)
    let starts = byAddress.keys.sorted()
    for index in stride(from: 0, to: expected.count, by: max(1, expected.count / 500)) {
      let symbol = expected[index]
      #expect(
        Set(table.symbols(at: symbol.address).map(\.name))
          == Set(byAddress[symbol.address, default: []].map(\.name))
      )
      if !symbol.name.isEmpty {
        let address = try #require(table.address(of: symbol.name), "\(symbol)")
        #expect(byName[symbol.name, default: []].contains { $0.address == address })
      }
      for address in [symbol.address, symbol.address &+ symbol.size / 2, symbol.address &- 1] {
        // Of the symbols that include the address, one of those that begin last.
        let start = starts[..<partition(starts) { $0 > address }].last { start in
          byAddress[start, default: []].contains { address - start < $0.size }
        }
        let found = table.symbol(containing: address)
        if let start, found?.size != 0 {
          #expect(found?.address == start, "\(String(address, radix: 16))")
          #expect(
            byAddress[start, default: []].contains { $0.name == found?.name }
          )
        } else if let found {
          #expect(found.size == 0)
        }
      }
    }
    #expect(table.address(of: "no symbol has this name") == nil)
    #expect(table.address(of: "") == nil)
    for address: UInt64 in [0, 1, .max, .max - 1] {
      #expect(table.symbol(containing: address) == nil)
      #expect(table.symbols(at: address).isEmpty)
    }
  }

  @Test("Dynamic names are those that readelf lists")
  func dynamicNames() throws {
    let path = try ELFFileTests.Sample.libc.path(in: folder)
    let names = Set(try ELFFile(path: path).symbolTable().dynamicNames())
    #expect(names.isSuperset(of: ["malloc", "free", "memcpy", "puts"]))
    #expect(!names.contains("no symbol has this name"))
  }

  @Test("A symbol without a size reaches to the next one, and not beyond its section")
  func sizeless() throws {
    let path = folder.path + "/sizeless"
    try ELFFileTests.Sample.compile(
      #"""
      __asm__(".text\n"
              ".globl first\nfirst: .fill 16\n"
              ".globl sized\n.type sized, @function\nsized: .fill 16\n.size sized, 8\n"
              ".globl last\n.p2align 4\nlast: .fill 16\n"
              ".section .data\n.globl datum\n.p2align 4\ndatum: .fill 16\n");
      """#,
      ["-shared", "-nostdlib", "-o", path]
    )
    let file = try ELFFile(path: path)
    let table = file.symbolTable()
    let first = try #require(table.address(of: "first"))
    let sized = try #require(table.address(of: "sized"))
    let last = try #require(table.address(of: "last"))
    let datum = try #require(table.address(of: "datum"))
    func name(_ address: UInt64) -> String? { table.symbol(containing: address)?.name }
    #expect(name(first + 15) == "first")
    #expect(name(sized + 7) == "sized")
    // Between the end of one and the start of the next there is nothing.
    #expect(name(sized + 8) == nil)
    #expect(name(last + 15) == "last")
    let text = try #require(file.section(named: ".text"))
    #expect(name(text.address + text.size) == nil)
    #expect(name(datum - 1) != "last")
  }

  @Test("Of nested symbols the inner one is told, behind it the outer one")
  func nested() throws {
    let path = folder.path + "/nested"
    try ELFFileTests.Sample.compile(
      #"""
      __asm__(".text\n"
              ".globl outer\n.type outer, @function\nouter: .fill 16\n"
              ".globl inner\n.type inner, @function\ninner: .fill 16\n.size inner, 16\n"
              ".fill 16\n.size outer, 48\n");
      """#,
      ["-shared", "-nostdlib", "-o", path]
    )
    let table = try ELFFile(path: path).symbolTable()
    let outer = try #require(table.address(of: "outer"))
    let names = [0, 15, 16, 31, 32, 47].map { table.symbol(containing: outer + $0)?.name }
    #expect(names == ["outer", "outer", "inner", "inner", "outer", "outer"])
    #expect(table.symbol(containing: outer + 48) == nil)
    #expect(table.symbols(at: outer).map(\.name) == ["outer"])
  }

  private func partition(_ values: [UInt64], _ isAfter: (UInt64) -> Bool) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if isAfter(values[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
