import ELF
import Foundation
import Testing

/// Damaged files are errors or absent parts: the parser never traps and never reads outside.
@Suite struct DamagedFileTests {
  private let bytes: [UInt8]

  init() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/small"
    try ELFFileTests.Sample.compile(
      "int counter = 1; int next(int by) { return counter += by; }",
      ["-fPIC", "-shared", "-nostdlib", "-Wl,--build-id", "-o", path]
    )
    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    withExtendedLifetime(folder) {}
  }

  @Test("The undamaged file is read: the other tests damage something")
  func undamaged() throws {
    let file = try ELFFile(bytes: bytes)
    #expect(file.sections.count > 5 && file.buildID?.count ?? 0 >= 16)
    #expect(file.symbolTable().address(of: "next") != nil)
    #expect(EveryUse.sum(bytes) > 0)
  }

  @Test("Thousands of random mutations never trap")
  func mutations() {
    // The same each time; `REMNANT_SEED=n` another one, `REMNANT_SEED=random` any.
    let chosen = ProcessInfo.processInfo.environment["REMNANT_SEED"]
    let seed = chosen.map { UInt64($0) ?? .random(in: 0 ... .max) } ?? 1
    print("DamagedFileTests: REMNANT_SEED=\(seed)")
    var mutations = Mutations(of: bytes, seed: seed)
    for _ in 0..<6000 {
      let damaged = mutations.next()
      EveryUse.sum(damaged)
      guard let file = try? ELFFile(bytes: damaged) else { continue }
      // What is left of it doesn't contradict itself.
      let ranges = file.sections.compactMap(file.range) + [file.sectionTable]
      #expect(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= damaged.count })
      let table = file.symbolTable()
      for name in ["next", "counter"] {
        guard let address = table.address(of: name) else { continue }
        #expect(table.symbols(at: address).contains { $0.name == name })
      }
    }
  }

  @Test(
    "Real files, damaged in the same way, never trap",
    arguments: [ELFFileTests.Sample.staticProgram, .libc, .swiftLibrary]
  )
  func realFiles(sample: ELFFileTests.Sample) throws {
    let folder = try TemporaryFolder()
    let path = try sample.path(in: folder)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var mutations = Mutations(of: bytes, seed: 1)
    for _ in 0..<150 { EveryUse.sum(mutations.next()) }
    for length in stride(from: 0, to: bytes.count, by: bytes.count / 20) {
      EveryUse.sum(Array(bytes[..<length]))
    }
  }

  @Test("Every length that a file can be cut to is read without a trap")
  func truncation() {
    for length in stride(from: 0, to: bytes.count, by: 7) {
      EveryUse.sum(Array(bytes[..<length]))
    }
    for length in Array(0...200) + Array(bytes.count - 200..<bytes.count) {
      EveryUse.sum(Array(bytes[..<length]))
    }
  }

  @Test("Every field of every header can be zero, huge, or as large as the file")
  func extremes() {
    for field in HeaderFields.all(of: bytes) {
      Mutations.extremes(of: bytes, in: field) { EveryUse.sum($0) }
    }
  }

  @Test("Headers that promise more than there is give what there is")
  func promises() throws {
    var damaged = bytes
    damaged[60] = 0xff
    damaged[61] = 0xff
    #expect(try ELFFile(bytes: damaged).sections.isEmpty)
    #expect(
      try ELFFile(bytes: damaged).programHeaders.count == ELFFile(bytes: bytes).programHeaders.count
    )

    damaged = bytes
    damaged[60] = 0
    damaged[61] = 0
    let without = try ELFFile(bytes: damaged)
    #expect(without.sections.isEmpty && without.symbolTable().count == 0)
    #expect(without.symbolTable().dynamicNames().isEmpty)

    // No table of names.
    damaged = bytes
    damaged[62] = 0xff
    damaged[63] = 0xff
    #expect(try ELFFile(bytes: damaged).sections.allSatisfy { $0.name.isEmpty })
    #expect(try ELFFile(bytes: damaged).symbolTable().address(of: "next") != nil)

    let start = try ELFFile(bytes: bytes).sectionTable.lowerBound
    let cut = try ELFFile(bytes: Array(bytes[..<(start + 100)]))
    #expect(cut.sections.isEmpty && !cut.programHeaders.isEmpty)
  }
}
