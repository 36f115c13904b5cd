internal import ELF

/// Finds the file of each image: the one that is mapped, not what has its name by now.
///
/// A library that was upgraded while a server ran, a program that was rebuilt, and a container's own files have other
/// bytes under the same name: their symbols and types would be another program's.
struct ImageFiles {
  /// Nil where names are trusted: for call stacks of this very process.
  private let process: Int32?
  private let reader: (any MemoryReader)?
  /// The files that were replaced, and that couldn't be read in another way.
  private(set) var replaced: [String] = []

  init(process: Int32? = nil, reader: (any MemoryReader)? = nil) {
    self.process = process
    self.reader = reader
  }

  /// The file that is mapped in `regions`; nil where there is none that can be read, and for what isn't ELF.
  mutating func file(named path: String, mappedIn regions: [MemoryMap.Region]) -> ELFFile? {
    let starts = regions.filter { $0.offset == 0 }.map(\.range)
    let named = try? ELFFile(path: path)
    guard let process, let reader, !starts.isEmpty else { return named }
    if let named, starts.contains(where: { Self.isMapped(named, at: $0.lowerBound, reader) }) {
      return named
    }
    // Links that lead to the very file, whatever became of its name (proc(5)); the second kind takes privileges.
    var links = ["/proc/\(process)/root\(path)"]
    if ProcessDirectory(process: process).executable().map(Self.withoutMark) == path {
      links.append("/proc/\(process)/exe")
    }
    links += starts.map { range in
      "/proc/\(process)/map_files/"
        + range.lowerBound.digits + "-" + range.upperBound.digits
    }
    for link in links {
      guard let file = try? ELFFile(path: link) else { continue }
      if starts.contains(where: { Self.isMapped(file, at: $0.lowerBound, reader) }) { return file }
    }
    // Fonts and archives are mapped as well, and aren't missed.
    if named != nil || Self.isImage(at: starts[0].lowerBound, reader) { replaced.append(path) }
    return nil
  }

  private static func isMapped(
    _ file: ELFFile,
    at start: Address,
    _ reader: any MemoryReader
  ) -> Bool {
    file.identity.allSatisfy { sample in
      guard let mapped = reader.bytes(start + sample.offset, count: sample.bytes.count) else {
        // The program may have made it unreadable: its name is all that is known.
        return true
      }
      return mapped == sample.bytes
    }
  }

  private static func isImage(at start: Address, _ reader: any MemoryReader) -> Bool {
    reader.bytes(start, count: 4) == [0x7f, 0x45, 0x4c, 0x46]
  }

  /// The kernel marks the name of a file that has been removed.
  private static func withoutMark(_ path: String) -> String {
    let mark = " (deleted)"
    return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
  }
}
