import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct AddressTests {
  @Test("Sums and differences wrap around at both ends of the address space")
  func wrapping() {
    let (last, eight, one) = (Address.max, UInt64(8), UInt64(1))
    #expect(last + eight == 7)
    #expect(last + 1 == 0)
    #expect(Address(0) - one == last)
    #expect(Address(7) - 8 == last)
    #expect(Address(0x1000) + -0x1001 == last)
    #expect(Address(0x1000) - -0x10 == 0x1010)
    #expect(Address(0x1000) + UInt64.max == 0xfff)
    #expect(Address(0x1000) + Int.min == 0x8000_0000_0000_1000)
    #expect(Address(0x1000) - Int.min == 0x8000_0000_0000_1000)
    var address: Address = 8
    address += -16
    #expect(address == 0xffff_ffff_ffff_fff8)
    address += 16
    #expect(address == 8)
    address += eight
    #expect(address == 16)
  }

  @Test("A distance is nil where it would be negative, and an offset also where no buffer has it")
  func distances() {
    let start: Address = 0x1000
    #expect(start.distance(to: 0x1008) == 8)
    #expect(start.distance(to: start) == 0)
    #expect(start.distance(to: 0xfff) == nil)
    #expect(Address(0).distance(to: .max) == .max)
    #expect(Address(0x1008).offset(from: start) == 8)
    #expect(Address(0xfff).offset(from: start) == nil)
    #expect(Address(Int64.max.magnitude).offset(from: 0) == .max)
    #expect(Address.max.offset(from: 0) == nil)
  }

  @Test("Alignment goes down to zero and wraps at the top")
  func alignment() {
    #expect(Address(0x1fff).alignedDown(to: 0x1000) == 0x1000)
    #expect(Address(0x1001).alignedUp(to: 0x1000) == 0x2000)
    #expect(Address(0x1000).alignedUp(to: 0x1000) == 0x1000)
    #expect(Address(7).alignedDown(to: 8) == 0)
    #expect(Address.max.alignedDown(to: 0x1000) == 0xffff_ffff_ffff_f000)
    #expect(Address.max.alignedUp(to: 0x1000) == 0)
    #expect(Address(0x1018).isAligned(to: 8) && !Address(0x101c).isAligned(to: 8))
    #expect(Address(0x1018).offset(inUnitOf: 16) == 8)
    #expect(Address(0x1003) & 3 == 3)
  }

  @Test("A range ends at the top of the address space, and is empty where its ends are swapped")
  func ranges() {
    let (low, high): (Address, Address) = (0x1000, 0x3000)
    #expect((low..<high).size == 0x2000)
    #expect((high..<low).isEmpty)
    #expect((high..<low).lowerBound == high)
    #expect(Range(at: low, size: 0x10) == low..<0x1010)
    #expect(Range(at: low, size: .max) == low..<Address.max)
    #expect(Range(at: .max, size: 8).isEmpty)
    #expect(Range(at: Address.max - 8, size: 8).size == 8)
    #expect(Range<Address>(0x1000..<0x2000).rawValues == 0x1000..<0x2000)
  }

  @Test("A range has the pages that it touches, and pieces of a size")
  func pieces() {
    let (low, high): (Address, Address) = (0x1ff8, 0x2008)
    #expect((low..<high).pages == 0x1000..<0x3000)
    #expect((Address.max - 8..<Address.max).pages.upperBound == 0xffff_ffff_ffff_f000)
    #expect((low..<high).parts(ofAtMost: 8) == [low..<0x2000, 0x2000..<high])
    #expect((low..<high).parts(ofAtMost: 12) == [low..<0x2004, 0x2004..<high])
    #expect((low..<high).parts(ofAtMost: .max) == [low..<high])
    #expect((high..<low).parts(ofAtMost: 8).isEmpty)
    #expect(Range(at: Address.max - 9, size: 9).parts(ofAtMost: 8).map(\.size) == [8, 1])
    #expect((low..<high).parts(ofAtMost: 0).isEmpty)
  }

  @Test("Relative pointers lead in both directions, and over the ends of the address space")
  func relativePointers() {
    var memory = FakeMemory()
    memory.writeNumber(Int32(0x10), at: 0x1000)
    memory.writeNumber(Int32(-0x10), at: 0x1004)
    memory.writeNumber(Int32(0), at: 0x1008)
    memory.writeNumber(Int32.min, at: 0x100c)
    memory.writeNumber(Int32.max, at: 0xffff_ffff_ffff_fff8)
    #expect(memory.relative(0x1000) == 0x1010)
    #expect(memory.relative(0x1004) == 0xff4)
    #expect(memory.relative(0x1008) == nil)
    #expect(memory.relative(0x100c) == 0xffff_ffff_8000_100c)
    #expect(memory.relative(0xffff_ffff_ffff_fff8) == 0x7fff_fff7)
    #expect(memory.relative(0x2000) == nil)
    // An odd one leads to a word with the address.
    memory.writeRelative(to: 0x1021, at: 0x1010)
    memory.write(0x5000, at: 0x1020)
    #expect(memory.relativeIndirectable(0x1010) == 0x5000)
  }

  @Test("An address reads from memory as it is, and prints as people write it")
  func representation() {
    var memory = FakeMemory()
    memory.write(0x7fff_dead_beef, at: 0x1000)
    #expect(memory.load(0x1000, as: Address.self) == 0x7fff_dead_beef)
    #expect("\(Address(0x7fff_dead_beef))" == "0x7fffdeadbeef")
    #expect(MemoryLayout<Address>.size == 8 && MemoryLayout<Address?>.size == 9)
    #expect([Address](arrayLiteral: 3, 1, 2).sorted() == [1, 2, 3])
  }
}
