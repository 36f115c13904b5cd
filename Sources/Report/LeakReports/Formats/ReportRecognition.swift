import Glibc

/// Tells what Remnant wrote from other files, so that no output replaces a source, a program or a letter.
///
/// By contents, in whatever format: names say nothing. In doubt a file isn't a report; `--force` decides otherwise.
package enum ReportRecognition {
  /// Throws where a path names a file that is there, and isn't a report.
  ///
  /// What isn't a regular file has nothing to lose, and neither has an empty one.
  package static func checkReplaceable(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
      !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/self/fd/")
    else { return }
    let contents = try? InputFile.bytes(of: path, limit: limit)
    if let contents, isReport(contents) { return }
    throw ReportError(
      code: .wrongUsage,
      message: "'\(path)' exists already, and isn't a report",
      remedy: "name another file, or replace it with --force"
    )
  }

  /// As much as can be looked at in no time: larger files are taken for something else.
  private static let limit = 512 << 20

  /// Whether these are the contents of a report, or of a difference of two.
  package static func isReport(_ bytes: [UInt8]) -> Bool {
    let start = String(decoding: bytes.prefix(8192), as: UTF8.self)
    let end = String(decoding: bytes.suffix(8192), as: UTF8.self)
    switch start.first {
    case "{": return isOwnJSON(bytes, start, end)
    case "<":
      return start.contains("<testsuites name=\"remnant\"") || start.contains("<title>Leaks of ")
    case "\n": return bytes.contains("leaked_objects")  // a pprof profile: a field of ten bytes
    default: break
    }
    if start.hasPrefix("digraph leaks {") { return true }
    let lines = end.split(separator: "\n").suffix(bytes.count > 8192 ? 20 : .max).dropFirst(
      bytes.count > 8192 ? 1 : 0
    )
    if lines.isEmpty { return false }
    // GitHub's commands, and collapsed stacks.
    if lines.allSatisfy({ $0.hasPrefix("::") }) { return start.hasPrefix("::") }
    if start.contains(";") || start.contains("(no call stack)"),
      lines.allSatisfy({ $0.contains(/^.* \d+$/) }),
      start.contains(/^.* \d+\n/)
        || start.utf8.count == 8192
    {
      return true
    }
    // The last lines of a text, of Markdown, and of a difference; a terminal's width may break them.
    let summary = lines.suffix(8).joined(separator: " ")
    return summary.contains(/\d live objects? (examined|judged)/)
      || summary.contains(/\d new .{1,3} [\d,]+ gone .{1,3} [\d,]+ grown/)
  }

  /// Other tools write SARIF, and files with a `schemaVersion`, too.
  private static func isOwnJSON(_ bytes: [UInt8], _ start: String, _ end: String) -> Bool {
    switch FileKind(of: bytes) {
    case .difference: true
    // Keys are in alphabetical order: the tool comes last.
    case .report: end.contains(/"tool"\s*:\s*\{\s*"name"\s*:\s*"remnant"/)
    case .sarif: start.contains("\"remnant\"")
    default: false
    }
  }
}
