import HeapGraph

@testable import HeapCapture

/// Memory that a test writes: words at addresses, zeros in what it reserves, and nothing beside them.
struct FakeMemory: MemoryReader {
  private(set) var words: [Address: UInt64] = [:]
  /// Where pages begin that have a word.
  private var pages: Set<Address> = []
  private var reserved: [Range<Address>] = []
  /// An image's part of the memory: whole pages, as a real one's.
  static let statics: Range<Address> = 0x1000_0000..<0x1010_0000
  /// Where the next part of an image and the next block go: see `FakeMemory+Swift`.
  var nextStatic = Self.statics.lowerBound
  var nextBlock: Address = 0x2000_0000
  private(set) var blocks: [AllocationTable.Block] = []

  // MARK: Writing

  mutating func write(_ words: UInt64..., at address: Address) {
    for (index, word) in words.enumerated() { set(word, at: address + index * 8) }
  }

  @_disfavoredOverload
  mutating func write(_ words: Address..., at address: Address) {
    for (index, word) in words.enumerated() { set(word.rawValue, at: address + index * 8) }
  }

  private mutating func set(_ word: UInt64, at address: Address) {
    words[address] = word
    pages.insert(address & ~0xfff)
  }

  /// Bytes at any address; what a word had beside them stays.
  mutating func writeBytes(_ bytes: some Sequence<UInt8>, at address: Address) {
    for (index, byte) in bytes.enumerated() {
      let place = address + index
      let shift = place.offset(inUnitOf: 8) * 8
      let old = words[place & ~7] ?? 0
      set(old & ~(0xff << shift) | UInt64(byte) << shift, at: place & ~7)
    }
  }

  /// A number of any width, little endian.
  mutating func writeNumber<Number: FixedWidthInteger>(_ number: Number, at address: Address) {
    writeBytes(withUnsafeBytes(of: number.littleEndian, Array.init), at: address)
  }

  /// A string and its terminating zero.
  mutating func writeString(_ string: String, at address: Address) {
    writeBytes(Array(string.utf8) + [0], at: address)
  }

  /// A relative pointer of four bytes; the lowest bit of `target` stays as it is.
  mutating func writeRelative(to target: Address, at address: Address) {
    writeNumber(Int32(truncatingIfNeeded: target.rawValue &- address.rawValue), at: address)
  }

  /// Makes zeros readable, in whole pages.
  mutating func reserve(_ range: Range<Address>) { reserved.append(range) }

  mutating func addBlock(_ block: AllocationTable.Block) { blocks.append(block) }

  // MARK: Reading

  private func word(at address: Address) -> UInt64? {
    words[address] ?? (reserved.contains { $0.contains(address) } ? 0 : nil)
  }

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var offset = 0
    while offset < buffer.count {
      let byte = address + offset
      let overflow = byte < address
      if !overflow, !pages.contains(byte & ~0xfff) {
        // A whole page at once, which is zeros or nothing.
        guard reserved.contains(where: { $0.contains(byte) }) else { break }
        let count = min(4096 - Int(byte.offset(inUnitOf: 4096)), buffer.count - offset)
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count])
          .initializeMemory(as: UInt8.self, repeating: 0)
        offset += count
        continue
      }
      guard !overflow, let word = word(at: byte & ~7) else { break }
      let first = Int(byte.offset(inUnitOf: 8))
      let count = min(8 - first, buffer.count - offset)
      withUnsafeBytes(of: word) { bytes in
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + count]))
      }
      offset += count
    }
    return offset
  }

  /// The pages of a range that something was written to, in order.
  func writtenPages(of range: Range<Address>) -> [Range<Address>] {
    pages.filter { $0 < range.upperBound && range.lowerBound < $0 + 0x1000 }.sorted().map {
      $0..<$0 + 0x1000
    }
  }
}

/// Another memory in which some words are different.
struct DamagedMemory: MemoryReader {
  let sound: any MemoryReader
  var damage = FakeMemory()

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = sound.read(address, into: buffer)
    for offset in 0..<count {
      if let byte = damage.load(address + offset, as: UInt8.self) { buffer[offset] = byte }
    }
    return count
  }
}
