/// Where the collections of the standard library keep their elements: swiftlang/swift 6.3, `stdlib/public/core`, 64 bits.
enum CollectionLayout {
  /// `ContiguousArrayBuffer.swift`.
  enum ArrayStorage {
    static let count = 16
    static let elements = 32
  }

  /// `StringStorage.swift`.
  enum StringStorage {
    /// A word whose topmost bit says that there is room for breadcrumbs behind the text.
    static let capacity = 16
    static let text = 32
    /// The bits of that word that are the capacity.
    static let capacityMask: UInt64 = 0xFFFF_FFFF_FFFF
  }

  /// `__RawDictionaryStorage`, `__RawSetStorage`: the tables' addresses, then the bitmap of buckets.
  enum HashTable {
    static let scale = 32
    static let keys = 48
    static let dictionaryValues = 56
    static let setBitmap = 56
    static let dictionaryBitmap = 64
    /// Far more than memory has room for.
    static let largestScale = 40
  }

  /// `_DequeBufferHeader`, of swift-collections (DequeModule) and of `_Concurrency` (Deque.swift).
  enum Ring {
    static let capacity = 16
    static let count = 24
    static let first = 32
  }
}
