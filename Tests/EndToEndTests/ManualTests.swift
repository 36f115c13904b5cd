import Foundation
import TestSupport
import Testing

/// What is made from the command's own help, and kept in the repository or installed.
@Suite("The manual page") struct ManualTests {
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
}
