internal import ArgumentParser
internal import LeakReports

/// What follows the tool's own options: a program and its arguments, and what is likely wrong with them.
struct ProgramPart {
  /// As it was typed, with `--` where that begins it.
  let words: [String]

  /// The program and its arguments.
  var command: [String] { words.first == "--" ? Array(words.dropFirst()) : words }

  /// The long options of a command, as its help lists them.
  static func options(of command: any ParsableCommand.Type) -> [String] {
    command.helpMessage(columns: 1000).matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
  }

  /// Of options that the user may have meant for the tool: a program has its own, so only where `--` doesn't divide them.
  func misplacedOption(among options: [String]) -> String? {
    guard words.first != "--" else { return nil }
    let own: Set = ["--help", "--version"]
    return words.dropFirst().first { word in
      let name = word.prefix { $0 != "=" }
      return options.contains(String(name)) && !own.contains(String(name))
    }
  }

  /// What to run instead, where the program only starts what was meant to be examined.
  var remedyForSwift: (message: String, remedy: String)? {
    guard command.count > 1, fileName(command[0]) == "swift" else { return nil }
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

  private func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
