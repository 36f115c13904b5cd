import Foundation
import TestSupport
import Testing

/// Follows a page in a folder of its own, and compares what the commands print with what the page shows.
///
/// With `REMNANT_RECORD_PAGES=1` what differs is written into the page, and the test fails, so that somebody looks at it.
struct PageWalk {
  let page: Page
  let folder: TemporaryFolder
  /// What a test changes in a file before it is written: where the package that it depends on is.
  var adapt: (String) -> String = { $0 }
  private static let isRecording =
    ProcessInfo.processInfo.environment["REMNANT_RECORD_PAGES"] != nil

  /// Writes the files and runs the commands, in their order.
  ///
  /// - Parameter visit: is called after each command, while the folder is as the command left it.
  /// - Throws: what the tests can't go on after: a file that can't be written, a program that can't be run.
  func follow(_ visit: (Page.Command) async throws -> Void = { _ in }) async throws {
    var text = page.text
    // From the end of the page on, so that the places of the earlier blocks stay what they are.
    var recorded: [(Range<String.Index>, String)] = []
    for step in page.steps {
      switch step {
      case .file(let path, let contents): try write(contents, to: path)
      case .edit(let path, let old, let new):
        let contents = try folder.text(path)
        let ranges = contents.ranges(of: old)
        try #require(ranges.count == 1, "\(path) has not just one place with\n\(old)")
        try write(contents.replacingCharacters(in: ranges[0], with: new), to: path)
      case .command(let command):
        let printed = try await run(command)
        if let output = command.output, !Self.shows(output.text, printed) {
          let isWhole = !output.text.split(separator: "\n").contains(where: Self.isLeftOut)
          if Self.isRecording, isWhole { recorded.append((output.range, printed)) }
          Issue.record("\(page.url.lastPathComponent): \(command.text) prints\n\(printed)")
        }
        try await visit(command)
      }
    }
    for (range, printed) in recorded.reversed() { text.replaceSubrange(range, with: printed) }
    if !recorded.isEmpty { try Data(text.utf8).write(to: page.url) }
  }

  private func write(_ contents: String, to path: String) throws {
    let url = folder.file(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(adapt(contents).utf8).write(to: url)
  }

  private func run(_ command: Page.Command) async throws -> String {
    let tools = URL(filePath: try Built.tool()).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    // The reader sees both streams in one terminal.
    let run = try await Subprocess.run(
      ["bash", "-c", "{ \(command.text)\n} 2>&1"],
      in: folder.url,
      environment: ["PATH": "\(tools):\(path)"]
    )
    #expect(run.exitStatus == command.exitStatus, "\(run.transcript)")
    return run.output
  }

  /// Whether a text shows an output: all of it, or parts of it in this order, with lines of `…` between them.
  static func shows(_ shown: String, _ printed: String) -> Bool {
    let parts = shown.split(separator: "\n", omittingEmptySubsequences: false)
      .split(omittingEmptySubsequences: false, whereSeparator: isLeftOut)
      .map { comparable($0.joined(separator: "\n")) }
    let whole = comparable(printed)
    if parts.count == 1 { return parts[0] == whole }
    var rest = whole[...]
    for part in parts where !part.isEmpty {
      guard let found = rest.range(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  private static func isLeftOut(_ line: Substring) -> Bool {
    line.trimmingCharacters(in: .whitespaces) == "…"
  }

  /// Without what differs from machine to machine: where lines break, times, and how much of the libraries there is.
  private static func comparable(_ text: String) -> String {
    text.replacing(/\u{1B}\[[\d;]*m/, with: "").replacing(/\d+ frames?/, with: "# frames")
      .replacing(/\d+ live objects? judged(, counts explained [\d.]+ %)?/, with: "# judged")
      .replacing(/\d+(\.\d+)? (seconds?|s|ms)\b/, with: "# s")
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
