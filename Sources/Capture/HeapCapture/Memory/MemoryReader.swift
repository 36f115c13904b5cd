/// Memory of a process, a twin, a snapshot or a core file.
package protocol MemoryReader {
  /// Copies memory from `address` on; returns how many bytes could be read, from the start.
  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int
  /// The parts of a range of memory of the program's own that can hold anything but zeros, in order.
  func writtenParts(of range: Range<Address>) -> [Range<Address>]
}

extension MemoryReader {
  package func writtenParts(of range: Range<Address>) -> [Range<Address>] { [range] }

  /// The value at an address; nil where it can't be read whole.
  package func load<Value: BitwiseCopyable>(_ address: Address, as type: Value.Type) -> Value? {
    withUnsafeTemporaryAllocation(byteCount: MemoryLayout<Value>.size, alignment: 16) { buffer in
      guard read(address, into: buffer) == buffer.count else { return nil }
      return buffer.loadUnaligned(as: type)
    }
  }

  /// `count` bytes from an address on; nil where they can't be read whole.
  package func bytes(_ address: Address, count: Int) -> [UInt8]? {
    var complete = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      complete = read(address, into: UnsafeMutableRawBufferPointer(buffer)) == count
      initialized = complete ? count : 0
    }
    return complete ? bytes : nil
  }

  /// The NUL-terminated string at an address; nil where none ends within `limit` bytes.
  package func cString(at address: Address, limit: Int) -> String? {
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let start = address + bytes.count
      // Not beyond the page: the next one may not be there.
      let size = min(
        limit - bytes.count,
        256,
        Int(MachineLayout.pageSize - start.offset(inUnitOf: MachineLayout.pageSize))
      )
      guard let piece = self.bytes(start, count: size) else { return nil }
      if let end = piece.firstIndex(of: 0) {
        bytes += piece[..<end]
        return String(decoding: bytes, as: UTF8.self)
      }
      bytes += piece
    }
    return nil
  }
}
