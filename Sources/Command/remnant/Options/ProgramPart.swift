internal import ArgumentParser
internal import Foundation
internal import ProgramRunner

/// What follows the tool's own options: a program and its arguments, and what is likely wrong with them.
struct ProgramPart {
  /// As it was typed, with `--` where that begins it.
  let words: [String]

  /// The program and its arguments.
  var command: [String] { words.first == "--" ? Array(words.dropFirst()) : words }

  /// The long options of a command, as its help lists them.
  ///
  /// Help is written for that: only where something is wrong.
  static func options(of command: any ParsableCommand.Type) -> [String] {
    // What begins a line of the help is an option; within a sentence it can be another program's.
    let line = /\n +(?:-[a-z], )?(--[a-z][a-z-]*)/
    return command.helpMessage(columns: 1000).matches(of: line).map { String($0.output.1) }
  }

  /// Of options that the user may have meant for the tool: a program has its own, so only where `--` doesn't divide them.
  func misplacedOption(of command: any ParsableCommand.Type) -> String? {
    guard words.first != "--" else { return nil }
    let candidates = words.dropFirst().filter {
      $0.hasPrefix("--") && !["--help", "--version"].contains($0)
    }
    if candidates.isEmpty { return nil }
    let options = Self.options(of: command)
    return candidates.first { options.contains(String($0.prefix { $0 != "=" })) }
  }

  /// What to run instead, where the program only starts what was meant to be examined.
  var remedyForSwift: (message: String, remedy: String)? {
    guard command.count > 1, URL(filePath: command[0]).lastPathComponent == "swift" else {
      return nil
    }
    switch command[1] {
    case "test":
      return (
        "'swift test' runs the tests in another process, which would not be examined",
        "use: remnant test" + (command.count > 2 ? " -- …" : "")
      )
    case "run":
      let name = command.dropFirst(2).first { !$0.hasPrefix("-") } ?? "NAME"
      return (
        "'swift run' runs the program in another process, which would not be examined",
        "use: remnant run --product \(ShellWord.quoted(name))"
      )
    default: return nil
    }
  }
}
