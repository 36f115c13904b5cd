import Foundation
import Testing

/// A page of the documentation as its reader follows it: files to write, commands to run, and what these print.
///
/// - A code block below a line such as "Save this as `Chat.swift`:" is that file; one marked `diff` is a change of it.
/// - Each line of a block marked `sh` is a command. `# exit status 23` behind it says how it ends, if not with 0.
/// - A block marked `text` is what the command before it prints; a line of `…` alone stands for anything.
///
/// All other blocks are to be read, not followed.
struct Page {
  enum Step {
    case file(path: String, text: String)
    case edit(path: String, old: String, new: String)
    case command(Command)
  }

  struct Command {
    var text: String
    var exitStatus: Int32
    var output: Output?
  }

  /// What a page shows of a command's output.
  struct Output {
    var text: String
    /// Where the page has it.
    var range: Range<String.Index>
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  let url: URL
  let text: String
  let steps: [Step]

  init(_ path: String) throws {
    url = Self.root.appending(path: path)
    text = try String(contentsOf: url, encoding: .utf8)
    steps = Self.steps(in: text)
  }

  var commands: [Command] {
    steps.compactMap { if case .command(let command) = $0 { command } else { nil } }
  }

  private static func steps(in text: String) -> [Step] {
    var steps: [Step] = []
    let fence = /\n```(?<language>\w+)\n(?<body>(?:.*\n)*?)```(?=\n|$)/
    var previousEnd = text.startIndex
    for block in text.matches(of: fence) {
      let lead = text[previousEnd..<block.range.lowerBound]
      previousEnd = block.range.upperBound
      let body = String(block.body)
      if block.language == "sh" {
        steps += commands(in: body).map(Step.command)
      } else if block.language == "text", case .command(var command)? = steps.last {
        command.output = Output(text: body, range: block.body.startIndex..<block.body.endIndex)
        steps[steps.count - 1] = .command(command)
      } else if let path = fileName(inLastLineOf: lead) {
        steps.append(
          block.language == "diff"
            ? .edit(path: path, old: lines(of: body, but: "+"), new: lines(of: body, but: "-"))
            : .file(path: path, text: body)
        )
      }
    }
    return steps
  }

  /// One side of a change, without the marks.
  private static func lines(of change: String, but mark: Character) -> String {
    change.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { $0.first != mark }.map { $0.dropFirst() }.joined(separator: "\n")
  }

  /// The last code span of a line that ends with a colon, where it looks like a file.
  private static func fileName(inLastLineOf lead: Substring) -> String? {
    let line = lead.split(separator: "\n").last ?? ""
    guard line.hasSuffix(":"), let span = line.matches(of: /`([\w.\/-]+\.\w+)`/).last else {
      return nil
    }
    return String(span.1)
  }

  private static func commands(in block: String) -> [Command] {
    block.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      if let end = line.firstMatch(of: /\s+# exit status (\d+)$/), let status = Int32(end.1) {
        return Command(text: String(line[..<end.range.lowerBound]), exitStatus: status)
      }
      return Command(text: String(line.prefix { $0 != "#" }), exitStatus: 0)
    }
  }
}
