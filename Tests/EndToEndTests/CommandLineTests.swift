import Foundation
import TestSupport
import Testing

/// What the command says and returns, on programs made for each test.
@Suite("The command line") struct CommandLineTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func remnant(_ arguments: String...) async throws -> Subprocess {
    let tool = try Built.tool()
    return try await Subprocess.run([tool, "run"] + arguments, in: folder.url)
  }

  /// Writes a file into the folder; returns its path.
  private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = folder.file(name)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The same, to be executed.
  private func executable(_ name: String, _ bytes: [UInt8]) async throws -> String {
    try await folder.installProgram(from: try file("\(name).contents", bytes), as: name)
  }

  private func program(_ source: String, _ options: [String] = []) async throws -> String {
    let path = folder.file("program").path
    _ = try file("program.c", Array(source.utf8))
    let run = try await Subprocess.run(
      ["gcc", folder.file("program.c").path, "-o", path] + options
    )
    try #require(run.exitStatus == 0, "\(run.transcript)")
    return path
  }

  private static let hello = """
    #include <stdio.h>
    int main(int c, char **v) { puts("ran"); return c > 1 ? 7 : 0; }
    """

  // MARK: Questions

  @Test("--explain says what keeps a type's instances alive, --census what there is")
  func questions() async throws {
    defer { folder.remove() }
    for configuration in Configuration.allCases {
      let program = try await Fixture.executable(configuration)
      let run = try await remnant(
        "--explain",
        "Singletons.Theme",
        "--explain",
        "Nothing",
        "--census",
        "--",
        program,
        "singletons"
      )
      #expect(run.exitStatus == 0, "\(run.transcript)")
      for line in [
        "HELD  1 × RemnantFixtures.Singletons.Theme",
        "static Singletons.Settings.shared (global) holds",
        "╰─ theme → RemnantFixtures.Singletons.Theme",
        "no live object has the type 'Nothing'",
        "Live objects by type",
      ] {
        #expect(run.errors.contains(line), "\(run.transcript)")
      }
    }
  }

  // MARK: Programs that can't be watched

  @Test("--show lists dead objects, --fail-on lets them fail, and neither hides a leak in silence")
  func kinds() async throws {
    defer { folder.remove() }
    let program = try await Fixture.executable(.debug)
    let plain = try await remnant("--", program, "dead-customers")
    #expect(plain.exitStatus == 0)
    #expect(plain.errors.contains("of 3 dead objects"), "\(plain.transcript)")
    #expect(plain.errors.contains("No leaks found."))

    let shown = try await remnant("--show", "zombie", "--", program, "dead-customers")
    #expect(shown.exitStatus == 0)
    for line in [
      "zombie, proven", "customer → RemnantFixtures.DeadCustomers.Customer (unowned)",
      "make `DeadCustomers.Card.customer` weak", "verified", "strong 0: dead",
    ] {
      #expect(shown.errors.contains(line), "\(line): \(shown.transcript)")
    }
    let failing = try await remnant("--fail-on", "zombie", "--", program, "dead-customers")
    #expect(failing.exitStatus == 23, "\(failing.transcript)")

    let hidden = try await remnant("--show", "zombie", "--", program, "field-cycle")
    #expect(
      hidden.exitStatus == 23 && hidden.errors.contains("retain cycle"),
      "what fails is listed"
    )
    let other = try await remnant(
      "--show",
      "zombie",
      "--fail-on",
      "zombie",
      "--",
      program,
      "field-cycle"
    )
    #expect(other.exitStatus == 0)
    #expect(
      other.errors.contains("There are leaks, but not of the kinds that are listed"),
      "\(other.transcript)"
    )
    #expect(try await remnant("--show", "zombi", "--", program, "field-cycle").exitStatus == 125)
  }

  @Test("A program that isn't there, or isn't one, is told of before anything runs")
  func noProgram() async throws {
    defer { folder.remove() }
    let elf = try Data(contentsOf: URL(filePath: "/bin/ls"))
    var foreign = [UInt8](elf)
    foreign[18] = 0xb7  // e_machine: AArch64
    for (arguments, status, message) in [
      (["./nothing"], 127, "there is no file './nothing'"),
      (["no-such-program-anywhere"], 127, "there is no program 'no-such-program-anywhere' in PATH"),
      ([folder.url.path], 126, "is a directory"),
      ([try file("plain", Array("x".utf8))], 126, "neither an ELF program nor a script"),
      (
        [try await executable("text", Array("hello".utf8))], 126,
        "neither an ELF program nor a script"
      ),
      ([try await executable("empty", [])], 126, "is empty"),
      ([try await executable("cut", Array(elf.prefix(2000)))], 126, "damaged"),
      ([try await executable("foreign", foreign)], 126, "another architecture"),
    ] {
      let run = try await remnant("--", arguments[0])
      #expect(run.exitStatus == status, "\(run.transcript)")
      #expect(run.errors.contains(message), "\(run.transcript)")
      #expect(run.output.isEmpty)
    }
  }

  @Test(
    "A program that the recorder can't work in is refused, and nothing of it runs",
    arguments: [
      (["-static"], "statically linked"),
      (["-fsanitize=address"], "address sanitizer"),
      (["-DOWN"], "malloc"),
    ]
  )
  func refusals(_ options: [String], _ message: String) async throws {
    defer { folder.remove() }
    let path = try await program(
      """
      #include <stddef.h>
      #ifdef OWN
      static char memory[1 << 20];
      static size_t used;
      void *malloc(size_t size) { used += size + 16; return memory + used - size; }
      void free(void *block) {}
      #endif
      \(Self.hello)
      """,
      options
    )
    let run = try await remnant("--", path)
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains(message), "\(run.transcript)")
    #expect(run.output.isEmpty)
  }

  @Test("A script runs, and the report says which interpreter was examined")
  func script() async throws {
    defer { folder.remove() }
    let path = try await executable(
      "script",
      Array("#!/bin/sh\necho from the script\nexit 3\n".utf8)
    )
    let run = try await remnant("--", path)
    #expect(run.exitStatus == 3, "\(run.transcript)")
    #expect(run.output == "from the script\n")
    #expect(run.errors.contains("/bin/sh"))
  }

  // MARK: Output that can't be written

  @Test("An output that can't be written is told of before the program runs")
  func unwritable() async throws {
    defer { folder.remove() }
    let path = try await program(Self.hello)
    for output in ["missing/report.json", folder.url.path, "\(path)/report.json"] {
      let run = try await remnant("--output", output, "--", path)
      #expect(run.exitStatus == 125, "\(run.transcript)")
      #expect(run.errors.contains("can't write"), "\(run.transcript)")
      #expect(run.output.isEmpty)
    }
    let full = try await remnant("--output", "/dev/full", "--", path)
    #expect(full.exitStatus == 125, "\(full.transcript)")
    #expect(full.errors.contains("No space left"))
  }

  // MARK: Options

  @Test(
    "Options that make no sense are refused, with what to do",
    arguments: [
      (["--format", "json"], "--output"), (["--format", "pdf"], "there is no format 'pdf'"),
      (["--format", "yaml", "--output", "x.yaml"], "there is no format 'yaml'"),
      (["--depth", "0"], "1 to 512"), (["--fail-on", "leaks"], "no kind of finding 'leaks'"),
      (["--leak-exit-code", "300"], "0 to 255"), (["--unknown"], "no option '--unknown'"),
    ]
  )
  func options(_ options: [String], _ message: String) async throws {
    defer { folder.remove() }
    let tool = try Built.tool()
    let run = try await Subprocess.run([tool, "run"] + options + ["--", "/bin/true"])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains(message), "\(run.transcript)")
  }

  @Test("Without a program it is wrong usage; help and version are not")
  func usage() async throws {
    defer { folder.remove() }
    let tool = try Built.tool()
    for (arguments, status) in [
      (["run"], 125), (["run", "--"], 125), (["bogus"], 64), (["--help"], 0),
      (["run", "--help"], 0), (["--version"], 0),
    ] {
      let run = try await Subprocess.run([tool] + arguments)
      #expect(run.exitStatus == status, "\(run.transcript)")
    }
  }

  // MARK: Statuses and output

  @Test("The program's failure wins over leaks, and leaks over success")
  func statuses() async throws {
    defer { folder.remove() }
    let path = try await program(Self.hello)
    #expect(try await remnant("--", path).exitStatus == 0)
    #expect(try await remnant("--", path, "argument").exitStatus == 7)
    let leaky = try await Fixture.executable(.debug)
    let report = folder.file("report.json").path
    for (options, status) in [
      ([], 23), (["--leak-exit-code", "5"], 5), (["--leak-exit-code", "0"], 0),
      (["--fail-on", "unbalanced-retain"], 0), (["--fail-on", "retain-cycle:proven"], 23),
    ] {
      let tool = try Built.tool()
      let run = try await Subprocess.run(
        [tool, "run", "--output", report] + options + ["--", leaky, "demo-session"]
      )
      #expect(run.exitStatus == status, "\(run.transcript)")
      #expect(run.errors.hasSuffix("Written: \(report)\n"), "\(run.transcript)")
    }
  }

  @Test("Arguments are counted, and shown only where asked for")
  func arguments() async throws {
    defer { folder.remove() }
    let path = try await program(Self.hello)
    let report = folder.file("report.json")
    for (options, isShown) in [([], false), (["--include-arguments"], true)] {
      let tool = try Built.tool()
      _ = try await Subprocess.run(
        [tool, "run", "--output", report.path] + options + ["--", path, "--password=hunter2"]
      )
      let text = try String(contentsOf: report, encoding: .utf8)
      #expect(text.contains("\"arguments\" : 1"))
      #expect(text.contains("hunter2") == isShown)
    }
  }

  @Test("The text report keeps to 80 columns, without escape sequences, and ends with the summary")
  func text() async throws {
    defer { folder.remove() }
    let leaky = try await Fixture.executable(.debug)
    for scenario in ["demo-session", "closure-self", "ring"] {
      let run = try await remnant("--", leaky, scenario)
      let lines = run.errors.split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.errors)")
      #expect(!run.errors.contains("\u{1b}"))
      #expect(run.errors.contains("live objects examined"))
      #expect(run.errors.contains("next: remnant run"))
    }
  }

  @Test("Exec is followed, and so is a script's program, where that was asked for")
  func following() async throws {
    defer { folder.remove() }
    let leaky = try await Fixture.executable(.debug)
    let script = try await executable(
      "script",
      Array("#!/bin/sh\n\(leaky) demo-session\necho after\n".utf8)
    )
    let followed = try await remnant("--follow-children", "--quiet", "--", script)
    #expect(followed.exitStatus == 23, "\(followed.transcript)")
    #expect(followed.output.hasSuffix("after\n"))
    let replaced = try await remnant(
      "--follow-children",
      "--quiet",
      "--",
      "env",
      "X=1",
      leaky,
      "demo-session"
    )
    #expect(replaced.exitStatus == 23, "\(replaced.transcript)")
    // As Python's subprocess and node's child_process start others.
    let closing = try await executable(
      "closing",
      Array("#!/bin/bash\neval exec {3..63}'>&-'\n\(leaky) demo-session\n".utf8)
    )
    let unheard = try await remnant("--follow-children", "--quiet", "--", closing)
    #expect(unheard.exitStatus == 23, "\(unheard.transcript)")
    let alone = try await remnant("--quiet", "--", script)
    #expect(alone.exitStatus == 125, "\(alone.transcript)")
    #expect(alone.errors.contains("--follow-children"), "\(alone.transcript)")
  }
}
