import Foundation
import TestSupport
import Testing

/// What is written where, and what is never written over.
@Suite("Output") struct OutputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // MARK: What is there already

  @Test("An output never replaces the program, its source, or another file, but with --force")
  func refusals() async throws {
    defer { folder.remove() }
    try folder.write("main.swift", "print(1)\n")
    let program = try await folder.installProgram(from: "/bin/true", as: "program")
    let bytes = try Data(contentsOf: folder.file("program"))
    for (name, options) in [
      ("main.swift", ["--format", "json"]), ("program", ["--format", "text"]),
    ] {
      let run = try await folder.remnant(
        ["run", "-o", name] + options + ["--", "/bin/echo", "ran"]
      )
      #expect(run.exitStatus == 125 && run.output.isEmpty, "\(run.transcript)")
      #expect(run.errors.contains("isn't a report of Remnant's"), "\(run.transcript)")
      #expect(run.errors.contains("--force"), "\(run.transcript)")
    }
    #expect(try folder.text("main.swift") == "print(1)\n")
    #expect(try Data(contentsOf: folder.file("program")) == bytes)

    // A report, an empty file and a device may be replaced.
    try folder.write("leaks.json", "")
    for output in ["leaks.json", "leaks.json", "/dev/null"] {
      let run = try await folder.remnant(["run", "--format", "json", "-o", output, "--", program])
      #expect(run.exitStatus == 0, "\(run.transcript)")
    }
    for command in [
      ["report", "leaks.json", "--format", "text"], ["gate", "leaks.json", "--format", "text"],
      ["diff", "leaks.json", "leaks.json", "--format", "json"],
    ] {
      let run = try await folder.remnant(command + ["-o", "main.swift"])
      #expect(run.exitStatus == 64, "\(run.transcript)")
      #expect(try folder.text("main.swift") == "print(1)\n")
    }
    let forced = try await folder.remnant([
      "report", "leaks.json", "-o", "main.swift", "--format", "text", "--force",
    ])
    #expect(forced.exitStatus == 0, "\(forced.transcript)")
    #expect(try folder.text("main.swift").contains("live objects examined"))
  }

  @Test("A named pipe in place of a file hangs nothing")
  func pipes() async throws {
    defer { folder.remove() }
    let pipe = folder.file("pipe").path
    try #require(mkfifo(pipe, 0o700) == 0)
    for options in [
      ["--suppressions", pipe], ["--config", pipe], ["--baseline", pipe],
      ["--output", pipe, "--format", "json"],
    ] {
      let run = try await folder.remnant(["run"] + options + ["--", "/bin/true"])
      #expect(run.exitStatus == 125, "\(run.transcript)")
      #expect(run.errors.contains("pipe"), "\(run.transcript)")
    }
    let program = try await folder.remnant(["run", "--", pipe])
    #expect(program.exitStatus == 126, "\(program.transcript)")
  }

  // MARK: What is printed

  @Test("Names can't move the cursor, turn the writing around, or begin a line")
  func escaping() async throws {
    defer { folder.remove() }
    let evil = "\u{1b}[2J\u{202e}gnp\u{200f}\r\nremnant: all is well"
    for arguments in [
      ["run", "--", "./\(evil)"], ["run", "-o", "missing/\(evil).json", "--", "/bin/true"],
      ["gate", evil], ["run", "--config", evil, "--", "/bin/true"], ["run", "--\(evil)"],
      ["test", "--package-path", evil], ["\(evil)"],
    ] {
      let run = try await folder.remnant(arguments)
      #expect(run.exitStatus != 0)
      #expect(
        !run.errors.unicodeScalars.contains {
          "\u{1b}\u{202e}\u{200f}\r".unicodeScalars.contains($0)
        },
        "\(run.transcript.debugDescription)"
      )
    }
    let run = try await folder.remnant(["gate", evil])
    #expect(!run.errors.contains("\nremnant: all is well"), "\(run.transcript.debugDescription)")
  }

  @Test("What to run next runs the same program, whatever its name, and keeps its arguments secret")
  func next() async throws {
    defer { folder.remove() }
    try folder.write(
      "leaky.swift",
      "final class Node { var other: Node? }\ndo { let node = Node(); node.other = node }\n"
    )
    let leaky = folder.file("leaky").path
    let build = try await Subprocess.run(["swiftc", folder.file("leaky.swift").path, "-o", leaky])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    let names = ["plain", "with space", "it's $HOME `x`", "tab\tline\nend", "rtl\u{202e}x"]
    for name in names {
      _ = try await folder.installProgram(from: leaky, as: name)
      let run = try await folder.remnant(["run", "--", "./\(name)", "--password=hunter2"])
      #expect(!run.errors.contains("hunter2"), "\(run.transcript)")
      let lines = run.errors.split(separator: "\n").drop { !$0.hasPrefix("next: ") }
      let command = lines.joined(separator: " ").replacing("      ", with: "")
      let word = try #require(
        command.split(separator: " -- ", maxSplits: 1).last,
        "\(run.transcript)"
      )
      try #require(word.hasSuffix(" …"), "\(run.transcript)")
      // A shell reads the name back.
      let shell = try await Subprocess.run(
        ["bash", "-c", "printf %s \(word.dropLast(2))"],
        in: folder.url,
        environment: ["LC_ALL": "C.UTF-8"]
      )
      #expect(shell.output == "./\(name)", "\(command)")
    }
    let shown = try await folder.remnant([
      "run", "--include-arguments", "--", "./plain", "a b",
    ])
    #expect(shown.errors.contains("-- ./plain 'a b'"), "\(shown.transcript)")
  }
}
