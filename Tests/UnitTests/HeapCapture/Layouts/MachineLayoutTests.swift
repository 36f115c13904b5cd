import CSwiftLayout
import Testing

@testable import HeapCapture

@Suite struct MachineLayoutTests {
  @Test("On x86-64 a thread's variables lie below its pointer, on aarch64 above it")
  func threadStorage() {
    let pointer: Address = 0x7fff_0000_1000
    let below = MachineLayout.x86.threadStorage(at: pointer, variables: 64)
    #expect(below == pointer - 64..<pointer + GlibcLayout.controlBlockSize)
    let above = MachineLayout.aarch64.threadStorage(at: pointer, variables: 64)
    #expect(above == pointer - GlibcLayout.controlBlockSize..<pointer + 16 + 64)
  }

  @Test(
    "A pointer that can't be a thread's has no storage",
    arguments: [UInt64](arrayLiteral: 0, 1, 64, .max, .max - 8, 1 << 63),
    [MachineLayout.x86, MachineLayout.aarch64]
  )
  func noStorage(pointer: UInt64, machine: MachineLayout) {
    #expect(machine.threadStorage(at: Address(pointer), variables: 64).isEmpty)
  }

  @Test("C code and Swift code believe the same of this machine")
  func sameInC() {
    #expect(MachineLayout.current.addressBits == UInt64(REMNANT_ADDRESS_BITS))
    #expect(MachineLayout.pageSize == UInt64(REMNANT_PAGE_SIZE))
    #expect(MachineLayout.leastAddress.rawValue == MachineLayout.pageSize)
    for word in [0, 0xfff, 0x1000, 0x7fff_ffff_fff8, 0x8000_0000_0000, 1 << 48, .max] as [UInt64] {
      #expect(remnant_is_address(word) == MachineLayout.current.isAligned(Address(word & ~7)))
    }
  }

  @Test("Addresses end where a program's memory does")
  func alignment() {
    let high: Address = 0x8000_0000_0000
    #expect(!MachineLayout.x86.isAligned(high))
    #expect(MachineLayout.aarch64.isAligned(high))
    for machine in [MachineLayout.x86, .aarch64] {
      #expect(machine.isAligned(0x1000))
      #expect(!machine.isAligned(0xff8))
      #expect(!machine.isAligned(0x1004))
      #expect(!machine.isAligned(.max & ~7))
    }
  }
}

@Suite struct GlibcLayoutTests {
  @Test(
    "A chunk is as large as glibc makes it",
    arguments: [(0, 32), (24, 32), (25, 48), (40, 48), (41, 64), (1000, 1008)]
      as [(UInt64, UInt64)]
  )
  func chunks(request: UInt64, size: UInt64) {
    #expect(GlibcLayout.Chunk.size(forRequest: request) == size)
    // The previous chunk is in use.
    #expect(GlibcLayout.Chunk.usableSize(size | 1) == size - 8)
  }

  @Test("A size word that was overwritten gives a number, and no trap")
  func hostile() {
    #expect(GlibcLayout.Chunk.usableSize(0) == UInt64.max - 7)
    #expect(GlibcLayout.Chunk.usableSize(.max) > 0)
    #expect(GlibcLayout.Chunk.size(forRequest: .max) >= 32)
  }
}
