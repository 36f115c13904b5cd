internal import Synchronization

/// Finds symbols by their names' bytes: a table of hashes, made when it is first asked.
final class SymbolNameIndex: Sendable {
  /// Positions of symbols plus one, zero where a bucket is free; collisions go to the next bucket.
  private let buckets = Mutex<[UInt32]?>(nil)

  /// The first of `count` symbols that has the name; `nameRange` is where the name of a symbol lies in the strings.
  func position(
    of name: String,
    in strings: [UInt8],
    count: Int,
    nameRange: (Int) -> Range<Int>?
  ) -> Int? {
    guard !name.isEmpty, count > 0, count < UInt32.max else { return nil }
    return strings.withUnsafeBytes { strings in
      let buckets = buckets.withLock { known in
        if let known { return known }
        let made = Self.build(strings, count, nameRange)
        known = made
        return made
      }
      var name = name
      return name.withUTF8 { name in
        let bucket = Self.bucket(of: UnsafeRawBufferPointer(name), buckets, strings, nameRange)
        return buckets[bucket] == 0 ? nil : Int(buckets[bucket]) - 1
      }
    }
  }

  private static func build(
    _ strings: UnsafeRawBufferPointer,
    _ count: Int,
    _ nameRange: (Int) -> Range<Int>?
  ) -> [UInt32] {
    var size = 16
    while size < count * 2 { size *= 2 }
    var buckets = [UInt32](repeating: 0, count: size)
    for position in 0..<count {
      guard let range = nameRange(position) else { continue }
      let name = UnsafeRawBufferPointer(rebasing: strings[range])
      let bucket = bucket(of: name, buckets, strings, nameRange)
      // Only the first of a name: a chain of all of them would take the square of their number.
      if buckets[bucket] == 0 { buckets[bucket] = UInt32(position + 1) }
    }
    return buckets
  }

  /// The bucket that a name has, or the free one that it would get.
  private static func bucket(
    of name: UnsafeRawBufferPointer,
    _ buckets: [UInt32],
    _ strings: UnsafeRawBufferPointer,
    _ nameRange: (Int) -> Range<Int>?
  ) -> Int {
    // Its seed is random: a file can't choose names that all collide.
    var hasher = Hasher()
    hasher.combine(bytes: name)
    let mask = buckets.count - 1
    var bucket = hasher.finalize() & mask
    while buckets[bucket] != 0 {
      if let range = nameRange(Int(buckets[bucket]) - 1), range.count == name.count,
        strings[range].elementsEqual(name)
      {
        break
      }
      bucket = (bucket + 1) & mask
    }
    return bucket
  }
}
