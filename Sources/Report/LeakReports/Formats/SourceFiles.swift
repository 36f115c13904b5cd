internal import Glibc

/// The source files that a report may quote: those in one folder.
///
/// A report is data: one that somebody passed on may name any file of this machine, and the page made
/// of it is passed on in turn. So it quotes source files of the repository that one stands in, and
/// nothing else: the package's own sources and the checkouts in its `.build` are there,
/// `~/.ssh/config` and `/proc/self/environ` are not. A run is held to the same, so that a report shows
/// the same whether it was saved in between or not.
struct SourceFiles {
  /// With a slash at the end; nil where the folder isn't there.
  private let folder: String?

  private static let endings: Set = [
    "swift", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inc", "inl", "ipp", "m", "mm",
  ]
  /// What the kernel makes up looks like a file there.
  private static let notFiles = ["/proc/", "/sys/", "/dev/"]
  private static let limit = 4 << 20

  init(in root: SourceRoot) {
    folder = Self.realPath(root.folder).map { $0.hasSuffix("/") ? $0 : $0 + "/" }
  }

  /// The lines of a file, without what ends them; nil where it may not be quoted, or is no text.
  func lines(of file: String) -> [Substring.UTF8View]? {
    // Judged and opened is where links lead to.
    guard let folder, let file = Self.realPath(file), file.hasPrefix(folder),
      !Self.notFiles.contains(where: file.hasPrefix),
      let ending = fileName(file).split(separator: ".").dropFirst().last,
      Self.endings.contains(String(ending)),
      let text = Self.text(of: file), !text.utf8.contains(0)
    else { return nil }
    // By bytes: `\r\n` is one `Character`, which is no `\n`.
    let newline = UInt8(ascii: "\n")
    return text.utf8.split(separator: newline, omittingEmptySubsequences: false).map {
      $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
    }
  }

  /// Of a regular file that has a size: one without, and yet with contents, is the kernel's.
  private static func text(of file: String) -> String? {
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return nil
    }
    return try? InputFile.text(of: file, limit: limit)
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
  }
}
