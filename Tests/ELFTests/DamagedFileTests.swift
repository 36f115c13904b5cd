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

  /// Uses everything that a file offers; the result only keeps the work from being left out.
  @discardableResult
  private func useEverything(_ bytes: [UInt8]) -> Int {
    guard let file = try? ELFFile(bytes: bytes) else { return 0 }
    var sum = file.lowestAddress.hashValue & 1
    sum += (file.buildID ?? "").count + (file.interpreter ?? "").count
    sum += (file.isDynamic ? 1 : 0) + (file.hasSwiftSections ? 1 : 0)
    for section in file.sections {
      guard let range = file.range(of: section) else { continue }
      #expect(range.lowerBound >= 0 && range.upperBound <= bytes.count)
      sum += file.bytes(in: range).count
    }
    #expect(file.sectionTable.upperBound <= bytes.count)
    let table = file.symbolTable()
    let addresses: [UInt64] = [0, 1, 0x1000, 0x2000, .max - 1, .max, 1 << 63, file.entryPoint]
    for address in addresses {
      sum += table.symbol(containing: address)?.name.count ?? 0
      sum += table.symbols(at: address).count
      for symbol in table.symbols(at: address) {
        sum += table.symbol(containing: symbol.address &+ symbol.size)?.name.count ?? 0
      }
    }
    for name in ["next", "counter", "", "\u{fffd}", "x"] {
      guard let address = table.address(of: name) else { continue }
      #expect(table.symbols(at: address).contains { $0.name == name })
      sum += table.symbol(containing: address)?.name.count ?? 0
    }
    return sum + table.dynamicNames().count
  }

  @Test("The undamaged file is read: the other tests damage something")
  func undamaged() throws {
    let file = try ELFFile(bytes: bytes)
    #expect(file.sections.count > 5 && file.buildID?.count ?? 0 >= 16)
    #expect(file.symbolTable().address(of: "next") != nil)
    #expect(useEverything(bytes) > 0)
  }

  @Test("Thousands of random mutations never trap")
  func mutations() {
    // The same each time; `REMNANT_SEED=n` another one, `REMNANT_SEED=random` any.
    let chosen = ProcessInfo.processInfo.environment["REMNANT_SEED"]
    let seed = chosen.map { UInt64($0) ?? .random(in: 0 ... .max) } ?? 1
    print("DamagedFileTests: REMNANT_SEED=\(seed)")
    var random = SplitMix(state: seed)
    let edges: [UInt64] = [
      0, 1, 7, 8, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 32, .max, .max - 1, .max / 2,
      .max / 2 + 1, .max - 63, UInt64(bytes.count), UInt64(bytes.count) - 1,
    ]
    // The headers and the tables of sections and symbols decide: damage them more often.
    let table = (try? ELFFile(bytes: bytes))?.sectionTable ?? 0..<0
    let hotRanges = [0..<64, 64..<64 + 56 * 8, table] + symbolRanges()
    for _ in 0..<6000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        var range = damaged.indices
        if Bool.random(using: &random) { range = hotRanges.randomElement(using: &random) ?? range }
        let place = Int.random(in: range, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: damaged[place] = .random(in: 0...255, using: &random)
        case 1: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default:
          // A whole field: two, four or eight bytes of a telling value, aligned as fields are.
          let width = [2, 4, 8, 8].randomElement(using: &random) ?? 8
          let value = edges.randomElement(using: &random) ?? 0
          let start = place / width * width
          for byte in 0..<width where start + byte < damaged.count {
            damaged[start + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
          }
        }
      }
      useEverything(damaged)
    }
  }

  @Test("Every length that a file can be cut to is read without a trap")
  func truncation() {
    for length in stride(from: 0, to: bytes.count, by: 7) {
      useEverything(Array(bytes[..<length]))
    }
    for length in Array(0...200) + Array(bytes.count - 200..<bytes.count) {
      useEverything(Array(bytes[..<length]))
    }
  }

  @Test("Every field of the header can be zero or huge")
  func extremes() {
    for width in [2, 4, 8] {
      for offset in stride(from: 16, to: 64 + 56 * 2, by: width) {
        for value: UInt8 in [0, 0xff, 0x7f, 0x80] {
          var damaged = bytes
          // Little-endian: the last byte makes numbers huge, or negative.
          for byte in 0..<width { damaged[offset + byte] = value == 0 ? 0 : 0xff }
          damaged[offset + width - 1] = value
          useEverything(damaged)
        }
      }
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

  private func symbolRanges() -> [Range<Int>] {
    guard let file = try? ELFFile(bytes: bytes) else { return [] }
    return [".symtab", ".strtab", ".dynsym", ".note.gnu.build-id"].compactMap { name in
      file.section(named: name).flatMap(file.range).flatMap { $0.isEmpty ? nil : $0 }
    }
  }
}

/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
