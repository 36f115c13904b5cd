/// Keeps the pages that small reads touch: most questions about types are a few bytes, and a system call each.
///
/// For memory that doesn't change meanwhile. No page is read that wasn't asked for: that could make it exist in the
/// program. Used by one thread at a time.
final class CachedMemoryReader: MemoryReader {
  private let base: any MemoryReader
  private var pages: [UInt8]
  /// The address of the page in each place; an odd one where it has none.
  private var addresses: [Address]

  private static let pageCount: UInt64 = 1024
  private static let noPage: Address = 1

  init(_ base: any MemoryReader) {
    self.base = base
    // Only what was read into a place is ever looked at.
    pages = [UInt8](unsafeUninitializedCapacity: Int(Self.pageCount * MachineLayout.pageSize)) {
      $1 = $0.count
    }
    addresses = [Address](repeating: Self.noPage, count: Int(Self.pageCount))
  }

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let offset = address.offset(inUnitOf: MachineLayout.pageSize)
    guard UInt64(buffer.count) <= MachineLayout.pageSize - offset, !buffer.isEmpty else {
      return base.read(address, into: buffer)
    }
    let page = address - offset
    let place = Int(page.rawValue / MachineLayout.pageSize % Self.pageCount)
    return pages.withUnsafeMutableBytes { pages in
      let start = place * Int(MachineLayout.pageSize)
      let kept = UnsafeMutableRawBufferPointer(
        rebasing: pages[start..<start + Int(MachineLayout.pageSize)]
      )
      if addresses[place] != page {
        addresses[place] = Self.noPage
        // The end of the page may be unreadable where it is a file's.
        guard base.read(page, into: kept) == kept.count else {
          return base.read(address, into: buffer)
        }
        addresses[place] = page
      }
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: kept[Int(offset)..<Int(offset) + buffer.count])
      )
      return buffer.count
    }
  }

  func writtenParts(of range: Range<Address>) -> [Range<Address>] { base.writtenParts(of: range) }
}
