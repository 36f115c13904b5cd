internal import Foundation

/// Loads values from a file's bytes; what lies outside is nil.
struct ByteReader: Sendable {
  let data: Data

  func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int,
    _ type: Value.Type
  ) -> Value? {
    guard offset >= 0, offset <= data.count - MemoryLayout<Value>.size else { return nil }
    return data.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }

  func range(of section: ELFFile.Section) -> Range<Int>? {
    let withoutBytes: UInt32 = 8
    guard section.type != withoutBytes, let start = Int(exactly: section.offset),
      let size = Int(exactly: section.size), start <= data.count, size <= data.count - start
    else { return nil }
    return start..<start + size
  }

  /// The NUL-terminated string at an offset into a table.
  func string(in table: Range<Int>, at offset: Int) -> String? {
    let start = table.lowerBound + offset
    guard offset >= 0, start < table.upperBound, table.upperBound <= data.count else { return nil }
    return data.withUnsafeBytes { bytes in
      let rest = bytes[start..<table.upperBound]
      guard let end = rest.firstIndex(of: 0) else { return nil }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
  }
}
