import Foundation
import TestSupport
import Testing

/// What is made from the command's own help, and kept in the repository or installed.
@Suite("The manual page and completion") struct ManualTests {
  private struct Help: Decodable {
    struct Command: Decodable {
      struct Argument: Decodable {
        struct Name: Decodable {
          var kind: String
          var name: String
        }
        var names: [Name]?
        var abstract: String?
        var shouldDisplay: Bool
      }
      var commandName: String
      var abstract: String?
      var discussion: String?
      var arguments: [Argument]?
      var subcommands: [Command]?
    }
    var command: Command
  }

  private static let documentation = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Documentation")

  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.documentation.appending(path: name), encoding: .utf8)
  }

  /// Without what roff and lines make of it.
  private func plain(_ text: String) -> String {
    text.replacing("\\", with: "").replacing("&", with: "")
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test("The manual page has every option as help has it: otherwise run `make manual`")
  func options() async throws {
    let run = try await Subprocess.run([try Built.tool(), "--experimental-dump-help"])
    let help = try JSONDecoder().decode(Help.self, from: Data(run.output.utf8))
    let page = try text("remnant.1")
    let sections = page.components(separatedBy: "\n.It Em ")
    func check(_ command: Help.Command, in section: String) {
      for sentence in [command.abstract, command.discussion].compactMap(\.self) {
        #expect(plain(section).contains(plain(sentence)), "\(command.commandName): \(sentence)")
      }
      var names: Set<String> = []
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for name in argument.names ?? [] where name.kind == "long" {
          names.insert(name.name)
          #expect(section.contains("-\(name.name)"), "\(command.commandName): --\(name.name)")
        }
        if let abstract = argument.abstract {
          #expect(plain(section).contains(plain(abstract)), "\(command.commandName): \(abstract)")
        }
      }
      for match in section.matches(of: /\n\.It Fl (?:[a-z] , )?-([a-z-]+)/) {
        #expect(names.contains(String(match.1)), "\(command.commandName) has no --\(match.1)")
      }
    }
    for command in help.command.subcommands ?? [] where command.commandName != "help" {
      let section = try #require(sections.first { $0.hasPrefix("\(command.commandName)\n") })
      check(command, in: section)
    }
    #expect(page.hasSuffix(try text("remnant.sections.1")))
    for title in ["ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"] {
      #expect(page.matches(of: try Regex("\\n\\.Sh \"?\(title)\"?\\n")).count == 1, "\(title)")
    }
  }

  @Test("In bash, files, kinds and formats complete; zsh and fish are told to")
  func completion() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in ["leaks.json", "leaks.txt", "leaks.xctest"] { try folder.write(name, "") }
    let tool = try Built.tool()
    let script = """
      source <("$1" --generate-completion-script bash)
      shift
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _remnant remnant "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      echo "${COMPREPLY[*]}"
      """
    for (words, found) in [
      (["run", "--output", "leaks."], "leaks.json"), (["run", "--output", "leaks."], "leaks.txt"),
      (["report", "leaks."], "leaks.json"), (["run", "--baseline", "leaks."], "leaks.json"),
      (["run", "--", "./le"], "./leaks.txt"), (["test", "--bundle", ""], "leaks.xctest"),
      (["run", "--suppressions", ""], "leaks.txt"), (["run", "--fail-on", "zo"], "zombie"),
      (["run", "--format", "ht"], "html"), (["diff", "leaks.json", ""], "leaks.json"),
    ] as [([String], String)] {
      let run = try await Subprocess.run(
        ["bash", "-c", script, "bash", tool, "remnant"] + words,
        in: folder.url
      )
      let replies = run.output.split(whereSeparator: \.isWhitespace).map(String.init)
      #expect(replies.contains(found), "\(words): \(run.transcript)")
    }
    let report = try await Subprocess.run(
      ["bash", "-c", script, "bash", tool, "remnant", "report", "leaks."],
      in: folder.url
    )
    #expect(!report.output.contains("leaks.txt"), "only JSON can be reported")
    let zsh = try await Subprocess.run([tool, "--generate-completion-script", "zsh"]).output
    let fish = try await Subprocess.run([tool, "--generate-completion-script", "fish"]).output
    for option in [
      "output", "suppressions", "generate-suppressions", "baseline", "config", "bundle",
    ] {
      let inZsh = zsh.split(separator: "\n").filter {
        $0.contains("--\(option)[") || $0.contains("--\(option)}")
      }
      #expect(!inZsh.isEmpty && inZsh.allSatisfy { $0.contains(":_files") }, "\(option)")
      let inFish = fish.split(separator: "\n").filter { $0.contains("-l '\(option)'") }
      let completes = inFish.allSatisfy { $0.hasSuffix(" -rF") || $0.contains("__fish_complete") }
      #expect(!inFish.isEmpty && completes, "\(option)")
    }
  }
}
