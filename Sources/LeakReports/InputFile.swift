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
  package static func bytes(of path: String, limit: Int) throws -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw failure(path, EISDIR) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(limit, max(Int(status.st_size), 4096)) + 1)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      if count == 0 { return bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else {
        throw ReportError(
          code: .unreadableInput,
          message: "\(path) is larger than \(readableBytes(limit))",
          remedy: "name a file of Remnant's"
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
        message: "\(path) is no text in UTF-8",
        remedy: "name a file of Remnant's"
      )
    }
    return text
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func failure(_ path: String, _ error: Int32) -> ReportError {
    ReportError(
      code: .unreadableInput,
      message: "cannot read '\(path)': \(String(cString: strerror(error)))",
      remedy: error == EISDIR ? "name a file in it" : "name a file that is there and may be read"
    )
  }
}
