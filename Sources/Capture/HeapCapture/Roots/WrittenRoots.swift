internal import HeapGraph

/// Leaves reserved memory out of the roots: what was never written holds nothing, and to read it would make it exist, in
/// the program's own memory.
struct WrittenRoots {
  let map: MemoryMap
  let reader: any MemoryReader

  /// Below this, reading is cheaper than asking.
  private static let smallest: UInt64 = 1 << 20
  // Of a mapped file, parts that the program never touched hold what the file says: they are read, too, unless it is as
  // large as no data segment is. Nothing in a file names an object of this process.
  private static let largestFile: UInt64 = 64 << 20

  func parts(of roots: [HeapOutline.RootRegion]) -> [HeapOutline.RootRegion] {
    roots.flatMap { root -> [HeapOutline.RootRegion] in
      guard root.range.size >= Self.smallest, isSparse(root.range) else { return [root] }
      return reader.writtenParts(of: root.range).map {
        HeapOutline.RootRegion(root: root.root, range: $0)
      }
    }
  }

  private func isSparse(_ range: Range<Address>) -> Bool {
    guard let region = map.region(containing: range.lowerBound) else { return false }
    return region.isAnonymous && !region.isShared || range.size >= Self.largestFile
  }
}
