import ELF
import TestSupport

/// Damage to an ELF file, the same for the same seed.
struct Mutations {
  private let original: [UInt8]
  private var random: SplitMix64
  /// Where the numbers are that a reader believes: headers, tables of sections, strings, symbols and notes.
  private let hotRanges: [Range<Int>]

  init(of bytes: [UInt8], seed: UInt64) {
    original = bytes
    random = SplitMix64(state: seed)
    let file = try? ELFFile(bytes: bytes)
    let programHeaders = 64..<64 + 56 * (file?.programHeaders.count ?? 0)
    let tables = [
      ".symtab", ".strtab", ".dynsym", ".dynstr", ".shstrtab", ".note.gnu.build-id", ".interp",
    ].compactMap { name in file?.section(named: name).flatMap { file?.range(of: $0) } }
    hotRanges = ([0..<64, programHeaders, file?.sectionTable ?? 0..<0] + tables).filter {
      !$0.isEmpty
    }
  }

  /// Numbers at which arithmetic goes wrong, or that are off by one of the file's size.
  private var edges: [UInt64] {
    let count = UInt64(original.count)
    return [
      0, 1, 2, 7, 8, 23, 24, 25, 63, 64, 65, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 32,
      1 << 47, .max, .max - 1, .max / 2, .max / 2 + 1, .max - 23, .max - 63, count, count - 1,
      count + 1, count / 2,
    ]
  }

  /// One to six places changed: a byte, a bit, or a whole field.
  mutating func next() -> [UInt8] {
    var damaged = original
    let edges = edges
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      var range = damaged.indices
      // Nearly always: most of a file is code, which isn't looked at.
      if Int.random(in: 0..<8, using: &random) > 0 {
        range = hotRanges.randomElement(using: &random) ?? range
      }
      let place = Int.random(in: range, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: damaged[place] = .random(in: 0...255, using: &random)
      case 1: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      default:
        let width = [2, 4, 8, 8].randomElement(using: &random) ?? 8
        let value = edges.randomElement(using: &random) ?? 0
        Self.set(&damaged, place / width * width, width, value)
      }
    }
    // Some files end early, too.
    if Int.random(in: 0..<16, using: &random) == 0 {
      damaged.removeLast(Int.random(in: 1..<damaged.count, using: &random))
    }
    return damaged
  }

  /// A field of a header with every extreme, one after another.
  static func extremes(
    of bytes: [UInt8],
    in field: (offset: Int, width: Int),
    _ body: ([UInt8]) -> Void
  ) {
    let count = UInt64(bytes.count)
    for value in [0, 1, .max, .max / 2, .max / 2 + 1, .max - 63, count, count - 1] as [UInt64] {
      var damaged = bytes
      set(&damaged, field.offset, field.width, value)
      body(damaged)
    }
  }

  /// Overwrites a little-endian field; what lies behind the end is left out.
  static func set(_ bytes: inout [UInt8], _ offset: Int, _ width: Int, _ value: UInt64) {
    for byte in 0..<width where offset + byte < bytes.count {
      bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
    }
  }
}

/// Where the fields of an ELF file's headers are, as offset and width (`Elf64_Ehdr`, `Elf64_Phdr` and `Elf64_Shdr` in
/// elf.h).
enum HeaderFields {
  static func all(of bytes: [UInt8]) -> [(offset: Int, width: Int)] {
    guard let file = try? ELFFile(bytes: bytes) else { return [] }
    var all = fields(at: 16, [2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2])
    // Linkers put the program headers right behind the file's.
    for index in file.programHeaders.indices {
      all += fields(at: 64 + index * 56, [4, 4, 8, 8, 8, 8, 8, 8])
    }
    for index in file.sections.indices {
      let start = file.sectionTable.lowerBound + index * 64
      all += fields(at: start, [4, 4, 8, 8, 8, 8, 4, 4, 8, 8])
    }
    return all
  }

  private static func fields(at start: Int, _ widths: [Int]) -> [(offset: Int, width: Int)] {
    var next = start
    return widths.map { width in
      defer { next += width }
      return (next, width)
    }
  }
}
