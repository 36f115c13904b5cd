internal import Glibc

/// The bytes of a file, or of an array: what is asked for is read, and what lies outside is nil.
///
/// The file isn't mapped: if another process truncates it, reading a lost page raises SIGBUS. It is opened for each part,
/// because a program that examines itself has few descriptors to spare, and must be the same file each time. One of
/// `/proc` stays open: its name goes with the process.
struct FileContents: Sendable {
  let count: Int
  private let source: Source

  private enum Source: Sendable {
    case array([UInt8])
    case file(FileOnDisk)
  }

  /// Bytes of one read, at most: a sparse file that takes a few kilobytes on disk can have exabytes of symbols.
  private static let most = 1 << 29

  init(_ bytes: [UInt8]) {
    count = bytes.count
    source = .array(bytes)
  }

  init(path: String) throws(ELFError) {
    let file = try FileOnDisk(path: path)
    count = Int(file.version.size)
    source = .file(file)
  }

  /// Where a part lies whose offset and size the file states; nil where the file ends before it.
  func range(offset: UInt64, size: UInt64) -> Range<Int>? {
    guard let start = Int(exactly: offset), let size = Int(exactly: size), start <= count,
      size <= count - start
    else { return nil }
    return start..<start + size
  }

  func bytes(in range: Range<Int>) -> [UInt8]? {
    guard range.lowerBound >= 0, range.upperBound <= count, range.count <= Self.most else {
      return nil
    }
    switch source {
    case .array(let bytes): return [UInt8](bytes[range])
    case .file(let file): return file.bytes(in: range)
    }
  }

  func bytes(offset: UInt64, size: UInt64) -> [UInt8]? {
    range(offset: offset, size: size).flatMap(bytes)
  }

  private final class FileOnDisk: Sendable {
    private let path: String
    /// Nil where it is opened for each part.
    private let descriptor: Int32?
    let version: Version

    /// What differs in another file, and after a change of the file's bytes.
    struct Version: Equatable {
      var device: dev_t
      var number: ino_t
      var size: off_t
      var seconds: Int
      var nanoseconds: Int

      init(_ status: stat) {
        device = status.st_dev
        number = status.st_ino
        size = status.st_size
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
      }
    }

    /// Opens a regular file only: a FIFO waits for a writer, and a device may have no end.
    init(path: String) throws(ELFError) {
      func failure() -> ELFError { .unreadable(path, reason: String(cString: strerror(errno))) }
      self.path = path
      let descriptor = Self.open(path)
      guard descriptor >= 0 else { throw failure() }
      let staysOpen = path.hasPrefix("/proc/")
      self.descriptor = staysOpen ? descriptor : nil
      defer { if !staysOpen { close(descriptor) } }
      var status = stat()
      let isKnown = fstat(descriptor, &status) == 0
      version = Version(status)
      guard isKnown else { throw failure() }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw .unreadable(path, reason: "It isn't a regular file")
      }
    }

    deinit { if let descriptor { close(descriptor) } }

    private static func open(_ path: String) -> Int32 {
      Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    }

    /// Nil where the file has changed since it was opened, so that no answer mixes two files, or where it can't be read.
    func bytes(in range: Range<Int>) -> [UInt8]? {
      var status = stat()
      let descriptor = self.descriptor ?? Self.open(path)
      guard descriptor >= 0 else { return nil }
      defer { if self.descriptor == nil { close(descriptor) } }
      guard fstat(descriptor, &status) == 0, Version(status) == version else { return nil }
      let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        while count < range.count {
          let rest = UnsafeMutableBufferPointer(rebasing: buffer[count..<range.count])
          let read = pread(descriptor, rest.baseAddress, rest.count, range.lowerBound + count)
          if read > 0 { count += read } else if read == 0 || errno != EINTR { return }
        }
      }
      return bytes.count == range.count ? bytes : nil
    }
  }
}

extension FileContents {
  /// Where a section's bytes lie; nil where it has none or the file is too short.
  func range(of section: ELFFile.Section) -> Range<Int>? {
    let withoutBytes: UInt32 = 8
    guard section.type != withoutBytes else { return nil }
    return range(offset: section.offset, size: section.size)
  }

  /// The same, but nil for a compressed section: nothing here decompresses it.
  func readableRange(of section: ELFFile.Section) -> Range<Int>? {
    let compressed: UInt64 = 0x800
    return section.flags & compressed == 0 ? range(of: section) : nil
  }

  func bytes(of section: ELFFile.Section) -> [UInt8]? {
    readableRange(of: section).flatMap(bytes)
  }
}
