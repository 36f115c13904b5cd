import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct WordReaderTests {
  private func words(_ range: Range<Address>, in memory: FakeMemory) -> [Address: UInt64] {
    var words: [Address: UInt64] = [:]
    WordReader(reader: memory).forEachWord(in: range) { words[$0] = $1 }
    return words
  }

  @Test("Whole words of a range are read that aren't zero")
  func whole() {
    var memory = FakeMemory()
    memory.write(1, 2, 0, 4, at: 0x1000)
    #expect(words(0x1000..<0x1020, in: memory) == [0x1000: 1, 0x1008: 2, 0x1018: 4])
    #expect(words(0x1001..<0x101f, in: memory) == [0x1008: 2])
    #expect(words(0x1001..<0x100f, in: memory).isEmpty)
    #expect(words(0x1008..<0x1008, in: memory).isEmpty)
  }

  @Test("What can't be read is skipped by pages")
  func gaps() {
    var memory = FakeMemory()
    memory.write(1, at: 0x1000)
    memory.write(3, 4, at: 0x3ff8)
    memory.reserve(0x3000..<0x5000)
    #expect(words(0x0..<0x5000, in: memory) == [0x1000: 1, 0x3ff8: 3, 0x4000: 4])
  }

  @Test("A range at the end of the address space is read to its last whole word")
  func end() {
    var memory = FakeMemory()
    memory.write(1, 2, 3, at: 0xffff_ffff_ffff_ffe8)
    #expect(
      words(0xffff_ffff_ffff_ffe0 ..< .max, in: memory).isEmpty,
      "a page that can't be read from its start is skipped"
    )
    #expect(
      words(0xffff_ffff_ffff_ffe8 ..< .max, in: memory)
        == [0xffff_ffff_ffff_ffe8: 1, 0xffff_ffff_ffff_fff0: 2]
    )
    #expect(words(.max - 3 ..< .max, in: memory).isEmpty)
    #expect(words(.max - 15 ..< .max, in: FakeMemory()).isEmpty)
  }
}
