/// What is known of jemalloc's memory, which the recorder compares with what jemalloc itself says.
enum JemallocLayout {
  /// The recorder asks for as much where the program asks for less.
  private static let smallest: UInt64 = 32
  private static let quantum: UInt64 = 16

  /// Bytes that a block may use of a size that was asked for.
  ///
  /// Between two powers of two lie four sizes, but for the smallest, which are multiples of 16 (`include/jemalloc/internal/sc.h`).
  static func usableSize(forRequest size: UInt64) -> UInt64 {
    let size = max(size, smallest)
    let power = UInt64.bitWidth - 1 - (size - 1).leadingZeroBitCount
    let spacing = max(quantum, 1 << UInt64(power - 2))
    let (rounded, isBeyond) = size.addingReportingOverflow(spacing - 1)
    return isBeyond ? size : rounded & ~(spacing - 1)
  }
}
