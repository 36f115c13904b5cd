import CWeakReferences
import Foundation
import Testing

/// What is said of memory that may be a closure's context.
@Suite struct ClosureCaptureTests {
  /// Two pages, of which the second can't be read, with the end of the first as a context that has no block.
  private struct Forgery {
    let memory: UnsafeMutableRawPointer
    let context: UnsafeMutableRawPointer
    let page = Int(getpagesize())

    /// Its metadata has one capture, with a type's name.
    init(counts: UInt64, capture: StaticString, word: UInt) throws {
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      let mapped = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, flags, -1, 0)
      memory = try #require(mapped != MAP_FAILED ? mapped : nil)
      mprotect(memory + page, page, PROT_NONE)
      // `CaptureDescriptor`: numbers of captures, sources and bindings, and an offset to the name.
      let descriptor = memory + 64
      descriptor.storeBytes(of: (1, 0, 0, 64), as: (UInt32, UInt32, UInt32, Int32).self)
      (descriptor + 12 + 64).copyMemory(
        from: capture.utf8Start,
        byteCount: capture.utf8CodeUnitCount + 1
      )
      // `HeapLocalVariableMetadata`: kind, where the captures begin, and their descriptor.
      memory.storeBytes(of: 0x400, as: UInt64.self)
      (memory + 8).storeBytes(of: 16, as: UInt32.self)
      (memory + 16).storeBytes(of: UInt(bitPattern: descriptor), as: UInt.self)
      // The word before is no chunk's size.
      context = memory + page - 32
      (context - 8).storeBytes(of: .max, as: UInt.self)
      context.storeBytes(of: UInt(bitPattern: memory), as: UInt.self)
      (context + 8).storeBytes(of: counts, as: UInt64.self)
      (context + 16).storeBytes(of: word, as: UInt.self)
      (context + 24).storeBytes(of: word, as: UInt.self)
    }

    func remove() { munmap(memory, 2 * page) }
  }

  @Test("a context without a block is read as far as its captures are known, and no further")
  func withoutBlock() throws {
    let object = Item(1)
    let address = Unmanaged.passUnretained(object).toOpaque()
    // On a stack (two unowned references), immortal, and no counts at all.
    for counts: UInt64 in [5, 0x8000_0000_ffff_ffff, .max] {
      for (capture, holds): (StaticString, Bool) in [("x", false), ("Si", false), ("yyc", true)] {
        let forgery = try Forgery(
          counts: counts,
          capture: capture,
          word: UInt(bitPattern: address)
        )
        defer { forgery.remove() }
        #expect(wr_closure_holds(forgery.context, address) == holds, "\(capture)")
      }
    }
  }
}
