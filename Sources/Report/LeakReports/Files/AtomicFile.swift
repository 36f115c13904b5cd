import Glibc

/// Writes a file so that a reader sees all of it or none, and a failure leaves the old one alone.
package enum AtomicFile {
  /// The system call that puts bytes into an open file; tests hand in one that fails.
  package typealias Writer = (_ descriptor: Int32, UnsafeRawBufferPointer) -> Int

  /// Writes text to a path: to a temporary file beside it, which is flushed to disk and renamed.
  ///
  /// What has no place to put a file beside is written directly: a pipe, a terminal, a device, and
  /// the open descriptors `/dev/stdout`, `/dev/stderr` and `/dev/fd/N`, where replacing the file
  /// that they were redirected to would lose what the program itself wrote there.
  package static func write(_ text: String, to path: String) throws {
    try write(text, to: path) { Glibc.write($0, $1.baseAddress, $1.count) }
  }

  /// Writes bytes in the same way.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    try write(bytes, to: path) { Glibc.write($0, $1.baseAddress, $1.count) }
  }

  /// Writes bytes to what is open already; a reader that has gone has read enough.
  package static func write(_ bytes: [UInt8], toOpen descriptor: Int32) throws {
    let error = errorOfWriting(bytes, to: descriptor) { Glibc.write($0, $1.baseAddress, $1.count) }
    guard let error, error != EPIPE else { return }
    throw failure(descriptor == STDOUT_FILENO ? "/dev/stdout" : "/dev/fd/\(descriptor)", error)
  }

  package static func write(_ text: String, to path: String, using writer: Writer) throws {
    try write(Array(text.utf8), to: path, using: writer)
  }

  private static func write(_ bytes: [UInt8], to path: String, using writer: Writer) throws {
    guard !path.isEmpty else {
      throw ReportError(
        code: .cannotWrite,
        message: "the name of the output file is empty",
        remedy: "name a file"
      )
    }
    if let descriptor = openDescriptor(namedBy: path) {
      return try writeAll(bytes, to: descriptor, path: path, using: writer)
    }
    var existing = stat()
    guard stat(path, &existing) == 0 else {
      guard errno == ENOENT else { throw failure(path, errno) }
      try checkLink(path)
      return try replace(path, with: bytes, existing: nil, using: writer)
    }
    switch existing.st_mode & S_IFMT {
    case S_IFREG:
      // Renaming over a file needs no permission to write it; the user's wish counts all the same.
      guard access(path, W_OK) == 0 else { throw failure(path, errno) }
      // The file that a symbolic link names is replaced, not the link.
      guard let resolved = realpath(path, nil) else { throw failure(path, errno) }
      defer { free(resolved) }
      try replace(String(cString: resolved), with: bytes, existing: existing, using: writer)
    case S_IFDIR:
      throw failure(path, EISDIR)
    default:
      let descriptor = try openForWriting(path)
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, path: path, using: writer)
    }
  }

  /// A link to nothing: the file that it names would be made where the user may not expect it, and renaming would
  /// replace the link itself.
  private static func checkLink(_ path: String) throws {
    var link = stat()
    guard lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK else { return }
    throw ReportError(
      code: .cannotWrite,
      message:
        "can't write to '\(path)': it is a symbolic link to a file that isn't there",
      remedy: "name that file itself, or remove the link"
    )
  }

  /// How long a named pipe may be without a reader, and with one that doesn't read.
  private static let patience: (forReader: Int, whileReading: Int32) = (5, 60)

  /// Without waiting for ever for somebody at the other end of a named pipe.
  private static func openForWriting(_ path: String) throws -> Int32 {
    for attempt in 0... {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
      if descriptor >= 0 { return descriptor }
      guard errno == ENXIO || errno == EINTR, attempt < patience.forReader * 20 else { break }
      usleep(50_000)
    }
    throw failure(path, errno)
  }

  private static func openDescriptor(namedBy path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
        return Int32(path.dropFirst(folder.count))
      }
      return nil
    }
  }

  private static func replace(
    _ path: String,
    with bytes: [UInt8],
    existing: stat?,
    using writer: Writer
  ) throws {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    // Not made from the file's own name, which may already be as long as a name can be.
    let temporary =
      "\(folder).remnant-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    // 0666 less the user's mask, as for any new file; `mkstemp` would make it private.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, errno) }
    do {
      defer { close(descriptor) }
      if let existing {
        // Where the owner can't be kept, the file is at least as readable as before.
        _ = fchown(descriptor, existing.st_uid, existing.st_gid)
        _ = fchmod(descriptor, existing.st_mode & 0o7777)
      }
      try writeAll(bytes, to: descriptor, path: path, using: writer)
      guard fsync(descriptor) == 0 else { throw failure(path, errno) }
      guard rename(temporary, path) == 0 else { throw failure(path, errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    flushFolder(folder)
  }

  /// Makes the rename itself last.
  ///
  /// Not every file system can: the file is whole either way.
  private static func flushFolder(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func writeAll(
    _ bytes: [UInt8],
    to descriptor: Int32,
    path: String,
    using writer: Writer
  ) throws {
    if let error = errorOfWriting(bytes, to: descriptor, using: writer) {
      throw failure(path, error)
    }
  }

  private static func errorOfWriting(
    _ bytes: [UInt8],
    to descriptor: Int32,
    using writer: Writer
  ) -> Int32? {
    BrokenPipeSignal.blocked {
      bytes.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let written = writer(descriptor, UnsafeRawBufferPointer(rebasing: rest))
          if written < 0 {
            let error = errno
            if error == EINTR { continue }
            guard error == EAGAIN else { return error }
            // A pipe or terminal that another process made non-blocking, or a named pipe: wait for room.
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let isStandard = descriptor <= STDERR_FILENO
            if poll(&waiting, 1, isStandard ? -1 : patience.whileReading * 1000) == 0 {
              return ETIMEDOUT
            }
          } else {
            rest = rest.dropFirst(written)
          }
        }
        return nil
      }
    }
  }
}

/// Turns the death by `SIGPIPE` that a write to a closed pipe brings into its error, `EPIPE`.
///
/// Not by ignoring the signal, which is the whole process's business and which the programs that it
/// starts would inherit: by blocking it in this thread, and taking the one that came in the meantime.
private enum BrokenPipeSignal {
  static func blocked<Result>(_ body: () -> Result) -> Result {
    var brokenPipe = sigset_t()
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    var pending = sigset_t()
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    var previous = sigset_t()
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &previous)
    defer {
      if !wasPending {
        var now = timespec()
        while sigtimedwait(&brokenPipe, nil, &now) < 0, errno == EINTR {}
      }
      pthread_sigmask(SIG_SETMASK, &previous, nil)
    }
    return body()
  }
}

extension AtomicFile {
  /// Throws what a later `write` would, as far as it can be known before: so that a long run doesn't
  /// end without its report.
  package static func checkWritable(_ path: String) throws {
    guard !path.isEmpty, openDescriptor(namedBy: path) == nil else {
      if path.isEmpty { try write("", to: path) }
      return
    }
    var existing = stat()
    if stat(path, &existing) == 0 {
      if existing.st_mode & S_IFMT == S_IFDIR { throw failure(path, EISDIR) }
      guard access(path, W_OK) == 0 else { throw failure(path, errno) }
      if existing.st_mode & S_IFMT != S_IFREG { return }
    } else if errno != ENOENT {
      throw failure(path, errno)
    } else {
      try checkLink(path)
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    guard access(folder, W_OK | X_OK) == 0 else { throw failure(path, errno) }
  }
}
