internal import HeapGraph

/// The second word of an object: its reference counts, or where they are.
///
/// Layout: swiftlang/swift 6.3, `stdlib/public/SwiftShims/swift/shims/RefCount.h`, 64 bits. Pinned by
/// `CountWordTests`, which compares with what the runtime itself says.
struct CountWord {
  var bits: UInt64

  /// Bit 63: the counts are in a side table, or the object is immortal.
  private var usesSlowPath: Bool { bits >> 63 == 1 }

  var isImmortal: Bool { usesSlowPath && bits & 0xffff_ffff == 0xffff_ffff }

  /// The address of the object's side table, once something has formed a weak reference to it.
  var sideTable: Address? {
    guard usesSlowPath, !isImmortal else { return nil }
    return Address((bits & (1 << 62 - 1)) << 3)
  }

  /// The runtime counts extra references: an object with one owner has none.
  var strong: UInt32 { UInt32((bits >> 33) & 0x3fff_ffff) + 1 }

  /// All strong references together hold one unowned one, which isn't the program's.
  var unowned: UInt32 {
    let stored = UInt32((bits >> 1) & 0x7fff_ffff)
    return stored > 0 ? stored - 1 : 0
  }

  var isDeiniting: Bool { (bits >> 32) & 1 == 1 }

  /// Whether the inline counts can be those of an object: freed and raw memory seldom looks so.
  var isPlausible: Bool { isImmortal || sideTable != nil || (bits >> 1) & 0x7fff_ffff > 0 }

  // A side table: the object, then (16 bytes on, for alignment) its counts and the weak count.
  static let sideTableSize: UInt64 = 32
  static let sideTableCounts: UInt64 = 16
  static let sideTableWeakCount: UInt64 = 24
}
