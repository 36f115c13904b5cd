internal import Glibc

/// Loads values from a part of a file; what lies outside is nil.
struct ByteReader: Sendable {
  let bytes: [UInt8]

  func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int,
    _ type: Value.Type
  ) -> Value? {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else { return nil }
    return bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }

  /// Bytes of the string at an offset, without its NUL; nil where none follows within the limit.
  func stringLength(at offset: Int, limit: Int = .max) -> Int? {
    guard offset >= 0, offset < bytes.count else { return nil }
    return bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress.map({ $0 + offset }),
        let end = memchr(start, 0, min(bytes.count - offset, limit))
      else { return nil }
      return UnsafeRawPointer(end) - start
    }
  }

  func string(at offset: Int, limit: Int = .max) -> String? {
    stringLength(at: offset, limit: limit).map { length in
      String(decoding: bytes[offset..<offset + length], as: UTF8.self)
    }
  }
}
