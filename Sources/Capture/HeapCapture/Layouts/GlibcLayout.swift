/// What is known of glibc's memory.
///
/// glibc 2.36, 64 bits; what is used here has been so since 2.26.
enum GlibcLayout {
  /// Bytes of `struct pthread`, with the first level of thread-specific data in it (`nptl/descr.h`).
  ///
  /// What it takes less in other versions is the end of the thread's mapping.
  static let controlBlockSize: UInt64 = 2304

  /// What stands before a block: `malloc/malloc.c`, `malloc_chunk`.
  enum Chunk {
    /// The size of the chunk, with flags in the low three bits, is the word before the block.
    static let sizeWord: UInt64 = 8
    /// With the word before that, which belongs to the chunk before.
    static let headerSize: UInt64 = 16
    static let flags: UInt64 = 7
    /// It has a mapping of its own, and ends with its pages.
    static let isMapped: UInt64 = 2
    static let alignment: UInt64 = 16
    static let smallest: UInt64 = 32

    /// Bytes of the chunk of a block of a size that was asked for.
    static func size(forRequest size: UInt64) -> UInt64 {
      max(smallest, (size &+ sizeWord &+ alignment &- 1) & ~(alignment - 1))
    }

    /// Bytes that the block may use, as its size word says.
    static func usableSize(_ word: UInt64) -> UInt64 {
      // A mapped chunk ends with its pages; others with the next chunk's size word.
      (word & ~flags) &- (word & isMapped != 0 ? headerSize : sizeWord)
    }
  }

  /// How each 64 MiB of a secondary arena begin: `malloc/arena.c`, `heap_info`.
  struct ArenaPart: BitwiseCopyable {
    var arena: Address
    var previous: Address
    var size: UInt64
    /// Of which the program can read and write this much; what follows is only reserved.
    var accessibleSize: UInt64
  }

  /// `libio/bits/types/struct_FILE.h`; the list of all begins at `_IO_list_all`.
  enum Stream {
    static let list = "_IO_list_all"
    static let readPosition: UInt64 = 8
    static let readEnd: UInt64 = 16
    static let writeBase: UInt64 = 32
    static let writePosition: UInt64 = 40
    static let bufferBase: UInt64 = 56
    static let next: UInt64 = 104
  }
}
