import Glibc

/// Reads files that a user names: whole, up to a limit, with an error that says what to do.
package enum InputFile {
  /// What a file of each kind may have at most: far beyond any real one, far below what would exhaust the machine.
  package enum Limit {
    package static let report = 512 << 20
    package static let baseline = 64 << 20
    package static let settings = 4 << 20
  }

  /// The bytes of a file, without the mark of UTF-8 that some editors begin one with; `-` is the standard input.
  ///
  /// A named pipe is waited for as long as `patience` says: for a writer, and for one that is silent twelve times that.
  package static func bytes(
    of path: String,
    limit: Int,
    patience: Duration = .seconds(5)
  ) throws -> [UInt8] {
    let descriptor =
      path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw failure(path, EISDIR) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(limit, max(Int(status.st_size), 4096)) + 1)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    let isPipe = descriptor != STDIN_FILENO && status.st_mode & S_IFMT == S_IFIFO
    let clock = ContinuousClock()
    var lastHeard = clock.now
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      let error = errno
      if count < 0, error == EINTR { continue }
      // A pipe without a writer is at its end before it has begun.
      if isPipe, count < 0 && error == EAGAIN || count == 0 && bytes.isEmpty {
        guard lastHeard.duration(to: clock.now) < (count == 0 ? patience : patience * 12) else {
          throw ReportError(
            code: .unreadableInput,
            message:
              "'\(path)' is a named pipe that nothing \(count == 0 ? "" : "more ")is written into",
            remedy: "name a file, or start what writes into the pipe first"
          )
        }
        usleep(20_000)
        continue
      }
      lastHeard = clock.now
      guard count >= 0 else { throw failure(path, error) }
      if count == 0 { return bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else {
        throw ReportError(
          code: .unreadableInput,
          message: "'\(path)' is larger than \(readableBytes(limit))",
          remedy: "name a file that Remnant wrote"
        )
      }
    }
  }

  /// The text of a file in UTF-8.
  package static func text(of path: String, limit: Int) throws -> String {
    let bytes = try bytes(of: path, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ReportError(
        code: .unreadableInput,
        message: "'\(path)' is \(FileKind(of: bytes).name), not a text in UTF-8",
        remedy: "name another file, or save it as UTF-8"
      )
    }
    return text
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func failure(_ path: String, _ error: Int32) -> ReportError {
    switch error {
    case ENOENT:
      let nearest = Suggestion.nearestFile(to: path)
      return ReportError(
        code: .unreadableInput,
        message: "there is no file '\(path)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
        remedy: nearest == nil ? "name a file that exists" : ""
      )
    case EISDIR:
      return ReportError(
        code: .unreadableInput,
        message: "'\(path)' is a directory",
        remedy: "name a file in it"
      )
    default:
      return ReportError(
        code: .unreadableInput,
        message: "'\(path)' can't be read: \(String(cString: strerror(error)))",
        remedy: "name a file that you may read"
      )
    }
  }
}
