internal import HeapGraph

/// The mappings of a process, as `/proc/PID/maps` lists them (proc(5)).
package struct MemoryMap {
  package struct Region: Equatable {
    package var range: Range<Address>
    package var isReadable: Bool
    package var isWritable: Bool
    package var isExecutable: Bool
    package var isShared: Bool
    /// Bytes from the start of the file.
    package var offset: UInt64
    package var inode: UInt64
    /// A file, `[heap]`, `[stack]`, another name of the kernel's; empty for anonymous memory.
    package var path: String

    package var isAnonymous: Bool { inode == 0 }
    package var isFile: Bool { path.hasPrefix("/") }
  }

  /// In order of address.
  package var regions: [Region]

  /// Lines that aren't as proc(5) says are left out.
  package init(parsing text: String) {
    regions = text.split(separator: "\n").compactMap(Self.region)
  }

  /// Complexity: O(log *n*).
  package func region(containing address: Address) -> Region? {
    let index = regions.partitioningIndex { $0.range.upperBound > address }
    return index < regions.count && regions[index].range.contains(address) ? regions[index] : nil
  }

  private static func region(_ line: Substring) -> Region? {
    // address perms offset dev inode path; the path may contain spaces.
    let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
    guard fields.count >= 5 else { return nil }
    let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
    guard bounds.count == 2, bounds[0] < bounds[1], fields[1].utf8.count == 4,
      let offset = UInt64(fields[2], radix: 16), let inode = UInt64(fields[4])
    else { return nil }
    var path = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
    let deleted = " (deleted)"
    if path.hasSuffix(deleted) { path.removeLast(deleted.count) }
    return Region(
      range: Range(bounds[0]..<bounds[1]),
      isReadable: fields[1].contains("r"),
      isWritable: fields[1].contains("w"),
      isExecutable: fields[1].contains("x"),
      isShared: fields[1].contains("s"),
      offset: offset,
      inode: inode,
      path: path
    )
  }
}
