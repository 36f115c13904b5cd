internal import Foundation
internal import Synchronization

/// Asks `llvm-symbolizer`, which ships with the toolchain, where code comes from.
///
/// One process answers all questions, in order. Where it isn't there, fails, or takes too long, what
/// is missing is missing: names come from symbols then, without files and lines.
struct SourceLocator {
  struct Question: Hashable {
    var path: String
    /// In the file, not in the process.
    var address: UInt64
    var asksForVariables: Bool
  }

  struct Answer: Equatable {
    /// Inlined functions, innermost first.
    var frames: [Frame] = []
    /// Names of the variables of a closure's own frame, without those of inlined functions.
    var variables: [String] = []
  }

  struct Frame: Equatable {
    /// As the linker knows it.
    var function: String
    var file: String?
    var line: Int?
    var column: Int?
  }

  /// Seconds after which the symbolizer is given up.
  private static let timeLimit = 120.0

  let tool: String

  /// Nil where no symbolizer is found: beside `swift`, in the directories of `PATH`.
  init?(environment: [String: String]) {
    let path = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    // The toolchain's own first: it is as new as the debug information that it reads.
    var candidates: [String] = []
    for directory in path where access("\(directory)/swift", X_OK) == 0 {
      let swift = URL(fileURLWithPath: "\(directory)/swift").resolvingSymlinksInPath()
      candidates.append(swift.deletingLastPathComponent().path + "/llvm-symbolizer")
    }
    candidates += path.map { "\($0)/llvm-symbolizer" }
    candidates += path.flatMap { directory in
      (14...22).reversed().map { "\(directory)/llvm-symbolizer-\($0)" }
    }
    guard let tool = candidates.first(where: { access($0, X_OK) == 0 }) else { return nil }
    self.tool = tool
  }

  /// By the program that gave them: a test process that reports several leaks asks about the same frames each time.
  private static let known = Mutex<[String: [Question: Answer]]>([:])

  /// The answers that were found, by question.
  func ask(_ questions: [Question]) -> [Question: Answer] {
    var answers = Self.known.withLock { known in
      questions.reduce(into: [Question: Answer]()) { $0[$1] = known[tool]?[$1] }
    }
    let new = find(questions.filter { answers[$0] == nil })
    Self.known.withLock { $0[tool, default: [:]].merge(new) { _, new in new } }
    answers.merge(new) { _, new in new }
    return answers
  }

  private func find(_ questions: [Question]) -> [Question: Answer] {
    guard !questions.isEmpty, let output = run(questions) else { return [:] }
    var answers: [Question: Answer] = [:]
    let decoder = JSONDecoder()
    // One line of JSON for each question.
    for (question, line) in zip(questions, output.split(separator: "\n")) {
      guard let reply = try? decoder.decode(Reply.self, from: Data(line.utf8)) else { continue }
      var answer = Answer()
      answer.frames = (reply.symbols ?? []).map(\.frame)
      // A closure has no name. Variables of functions that have one were inlined with them, and
      // come after its own.
      answer.variables = (reply.variables ?? []).prefix { ($0.function ?? "").isEmpty }
        .compactMap(\.name).filter { !$0.isEmpty }
      answers[question] = answer
    }
    return answers
  }

  private func run(_ questions: [Question]) -> String? {
    let text = questions.map {
      "\($0.asksForVariables ? "FRAME" : "CODE") \(Self.quoted($0.path)) "
        + "0x\(String($0.address, radix: 16))\n"
    }.joined()
    guard let input = Self.file(text) else { return nil }
    defer { try? input.close() }
    return HelperProcess(
      program: tool,
      arguments: ["--output-style=JSON", "--no-demangle", "--inlines"],
      input: input,
      timeLimit: Self.timeLimit
    ).run()?.output
  }

  /// A file without a name.
  ///
  /// Not a pipe: writing to one whose reader has gone is a signal to the whole process, which can be the
  /// one that is examined.
  private static func file(_ text: String) -> FileHandle? {
    var path = Array("\(NSTemporaryDirectory())/remnant-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(path)
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(text.utf8))
      try file.seek(toOffset: 0)
    } catch { return nil }
    return file
  }

  /// The symbolizer knows either quote, and no way to have both in a path, or a line's end: no answer
  /// is better than another file's.
  private static func quoted(_ path: String) -> String {
    if path.utf8.contains(UInt8(ascii: "\n")) { return "/dev/null" }
    if !path.contains("\"") { return "\"\(path)\"" }
    return path.contains("'") ? "/dev/null" : "'\(path)'"
  }

  // llvm-symbolizer's names (llvm/lib/DebugInfo/Symbolize/DIPrinter.cpp).
  private struct Reply: Decodable {
    var symbols: [Symbol]?
    var variables: [Variable]?

    enum CodingKeys: String, CodingKey {
      case symbols = "Symbol"
      case variables = "Frame"
    }

    struct Symbol: Decodable {
      var function: String
      var file: String
      var line: Int
      var column: Int

      enum CodingKeys: String, CodingKey {
        case function = "FunctionName"
        case file = "FileName"
        case line = "Line"
        case column = "Column"
      }

      var frame: SourceLocator.Frame {
        // Line 0: made by the compiler.
        let isKnown = !file.isEmpty && file != "??" && line > 0
        return SourceLocator.Frame(
          function: function,
          file: isKnown ? file : nil,
          line: isKnown ? line : nil,
          column: isKnown && column > 0 ? column : nil
        )
      }
    }

    struct Variable: Decodable {
      var function: String?
      var name: String?

      enum CodingKeys: String, CodingKey {
        case function = "FunctionName"
        case name = "Name"
      }
    }
  }
}
