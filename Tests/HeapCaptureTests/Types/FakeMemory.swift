import HeapGraph

@testable import HeapCapture

/// Memory that a test writes: words at addresses, and nothing beside them.
struct FakeMemory: MemoryReader {
  private(set) var words: [UInt64: UInt64] = [:]

  mutating func write(_ words: UInt64..., at address: UInt64) {
    for (index, word) in words.enumerated() { self.words[address + UInt64(index) * 8] = word }
  }

  func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    for offset in 0..<buffer.count {
      let (byte, overflow) = address.addingReportingOverflow(UInt64(offset))
      guard !overflow, let word = words[byte & ~7] else { return offset }
      buffer[offset] = UInt8(truncatingIfNeeded: word >> (byte % 8 * 8))
    }
    return buffer.count
  }
}
