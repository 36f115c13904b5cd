import Glibc

extension AtomicFile {
  /// Why a file can't be written, and what to do in that very case.
  static func failure(_ path: String, _ error: Int32) -> ReportError {
    let folder = missingFolder(of: path)
    return ReportError(
      code: .cannotWrite,
      message: "can't write to '\(path)': \(reason(error, isFolderMissing: folder != nil))",
      remedy: remedy(path, error, missingFolder: folder)
    )
  }

  /// In plain words, where the C library's say too little.
  private static func reason(_ error: Int32, isFolderMissing: Bool) -> String {
    switch error {
    case ENOENT where isFolderMissing: "its folder doesn't exist"
    case EISDIR: "it is a directory"
    default: String(cString: strerror(error))
    }
  }

  private static func remedy(_ path: String, _ error: Int32, missingFolder: String?) -> String {
    switch error {
    case ENOENT:
      missingFolder.map { "make its folder first: mkdir -p \($0)" } ?? "choose another folder"
    case EISDIR: "name a file in it, such as \(path)\(path.hasSuffix("/") ? "" : "/")leaks.html"
    case ENOTDIR: "a part of the path is a file: name a folder that exists"
    case EACCES, EPERM, EROFS: "choose a place that you may write to"
    case ENOSPC, EDQUOT, EFBIG: "make room, or choose another place"
    case ENXIO: "it is a pipe that nothing reads: start its reader first"
    case ETIMEDOUT: "it is a pipe whose reader doesn't read: choose a file"
    case EPIPE: "let the reader of the pipe read to the end"
    case EBADF: "that descriptor isn't open for writing: choose another output"
    case ENAMETOOLONG: "choose a shorter name"
    default: "choose another place with --output"
    }
  }

  /// The folder that has to be made before a file can be written to; nil where it is there.
  private static func missingFolder(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let folder = String(path[..<slash])
    return folder.isEmpty || access(folder, F_OK) == 0 ? nil : folder
  }
}
