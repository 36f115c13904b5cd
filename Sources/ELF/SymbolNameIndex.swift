internal import Foundation
internal import Synchronization

/// Finds symbols by their names' bytes: a table of hashes, made when it is first asked.
final class SymbolNameIndex: Sendable {
  /// Positions of symbols plus one, zero where a bucket is free; collisions go to the next bucket.
  private let buckets = Mutex<[UInt32]?>(nil)

  /// The first of `count` symbols that has the name; `nameStart` tells where the name of a symbol
  /// begins in its string table, and where that table ends.
  func position(
    of name: String,
    in data: Data,
    count: Int,
    nameStart: (Int) -> Range<Int>?
  ) -> Int? {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, !wanted.contains(0), count > 0, count < UInt32.max else { return nil }
    return data.withUnsafeBytes { bytes in
      let buckets = buckets.withLock { known in
        if let known { return known }
        let made = Self.build(bytes, count, nameStart)
        known = made
        return made
      }
      let mask = buckets.count - 1
      var bucket = Self.hash(wanted) & mask
      while buckets[bucket] != 0 {
        let position = Int(buckets[bucket]) - 1
        if let range = nameStart(position), Self.isEqual(bytes[range], wanted) { return position }
        bucket = (bucket + 1) & mask
      }
      return nil
    }
  }

  private static func build(
    _ bytes: UnsafeRawBufferPointer,
    _ count: Int,
    _ nameStart: (Int) -> Range<Int>?
  ) -> [UInt32] {
    var size = 16
    while size < count * 2 { size *= 2 }
    var buckets = [UInt32](repeating: 0, count: size)
    for position in 0..<count {
      guard let range = nameStart(position) else { continue }
      // Without its NUL a name isn't one: nothing compares equal to it.
      var bucket = hash(bytes[range].prefix { $0 != 0 }) & (size - 1)
      while buckets[bucket] != 0 { bucket = (bucket + 1) & (size - 1) }
      buckets[bucket] = UInt32(position + 1)
    }
    return buckets
  }

  /// FNV-1a, and its upper half folded in.
  private static func hash(_ name: some Sequence<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7fff_ffff)
  }

  private static func isEqual(_ bytes: Slice<UnsafeRawBufferPointer>, _ name: [UInt8]) -> Bool {
    bytes.count > name.count && bytes[bytes.startIndex + name.count] == 0
      && bytes.starts(with: name)
  }
}
