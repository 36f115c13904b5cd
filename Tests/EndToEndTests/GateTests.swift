import Foundation
import TestSupport
import Testing

/// A pull request's story, and what becomes of files that make no sense.
@Suite("Gates") struct GateTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program with a leak that everybody knows, and one that a change adds.
  private static let source = """
    import Glibc

    final class Clock { var alarm: Alarm? }
    final class Alarm { var clock: Clock? }
    final class Session { var user: User? }
    final class User { var session: Session? }

    @inline(never) func old() {
      let clock = Clock()
      clock.alarm = Alarm()
      clock.alarm?.clock = clock
    }

    @inline(never) func new() {
      for _ in 0..<3 {
        let session = Session()
        session.user = User()
        session.user?.session = session
      }
    }

    @main struct Program {
      static func main() {
        #if OLD
        old()
        #endif
        #if NEW
        new()
        #endif
        print("served")
        #if FAIL
        exit(3)
        #endif
      }
    }
    """

  /// Compiles it in a folder of its own: neither the folder nor the build is part of a signature.
  private func build(_ flags: String...) async throws -> String {
    let build = folder.file("build-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: build, withIntermediateDirectories: true)
    let source = build.appending(path: "Program.swift")
    try Data(Self.source.utf8).write(to: source)
    let program = build.appending(path: "app").path
    let run = try await Subprocess.run(
      ["swiftc", "-parse-as-library", "-g", "-module-name", "App", source.path, "-o", program]
        + flags.map { "-D\($0)" }
    )
    try #require(run.exitStatus == 0, "\(run.transcript)")
    return program
  }

  @Test("A pull request: known leaks pass, a new one fails, is suppressed with a reason, and fixed")
  func story() async throws {
    defer { folder.remove() }
    // The main branch has a leak, and takes it into the baseline.
    try folder.write(".remnant.yml", "baseline: leaks.baseline.json\nsuppressions: leaks.supp\n")
    try folder.write("leaks.supp", "")
    var program = try await build("OLD")
    let first = try await folder.remnant("run", "--update-baseline", "--", program)
    #expect(first.exitStatus == 0, "\(first.transcript)")
    #expect(first.errors.contains("1 known, 1 of them new, 0 removed"))
    let baseline = try folder.text("leaks.baseline.json")

    // Unchanged, it passes, in a line.
    program = try await build("OLD")
    let unchanged = try await folder.remnant("run", "-o", "unchanged.json", "--", program)
    #expect(unchanged.exitStatus == 0, "\(unchanged.transcript)")
    let shown = try await folder.remnant("report", "unchanged.json")
    #expect(shown.output.contains("No leaks except accepted ones."), "\(shown.transcript)")

    // A change adds a leak: only that one fails, and only it is told.
    program = try await build("OLD", "NEW")
    let added = try await folder.remnant("run", "--", program)
    #expect(added.exitStatus == 23, "\(added.transcript)")
    #expect(added.output == "served\n")
    #expect(added.errors.contains("NEW LEAK 1 of 1"))
    #expect(added.errors.contains("App.Session"))
    #expect(!added.errors.contains("LEAK 2"))
    #expect(added.errors.contains("1 known"))
    // So does a saved report under the gate, which names the new leak alone.
    let saved = try await folder.remnant("run", "--no-config", "-o", "added.json", "--", program)
    #expect(saved.exitStatus == 23)
    let gate = try await folder.remnant("gate", "added.json")
    #expect(gate.exitStatus == 23, "\(gate.transcript)")
    #expect(gate.output.contains("new retain cycle: 3 × App.Session"))
    #expect(!gate.output.contains("App.Clock"))
    #expect(gate.output.contains("1 failing · 1 known · 0 suppressed · 0 fixed"))

    // It is accepted, with a reason.
    let generated = try await folder.remnant(
      "gate",
      "added.json",
      "--generate-suppressions",
      "new.supp"
    )
    #expect(generated.exitStatus == 23)
    #expect(try folder.text("new.supp").contains("leak:^App.User.session$"))
    try folder.write("leaks.supp", "# Until the protocol says goodbye.\nleak:^App.User.session$\n")
    let suppressed = try await folder.remnant("run", "--", program)
    #expect(suppressed.exitStatus == 0, "\(suppressed.transcript)")
    #expect(
      suppressed.errors.contains("3 × leak:^App.User.session$  Until the protocol says goodbye.")
    )

    // Everything is fixed: it passes, says so, and asks to tidy up.
    program = try await build()
    let fixed = try await folder.remnant("run", "--", program)
    #expect(fixed.exitStatus == 0, "\(fixed.transcript)")
    #expect(fixed.errors.contains("retain cycle of App.Clock"))
    #expect(fixed.errors.contains("1 fixed"))
    #expect(fixed.errors.contains("unused: leak:^App.User.session$"))
    // Nobody but --update-baseline writes the baseline.
    #expect(try folder.text("leaks.baseline.json") == baseline)
    let tidied = try await folder.remnant("run", "--update-baseline", "--", program)
    #expect(tidied.exitStatus == 0)
    #expect(tidied.errors.contains("0 known, 0 of them new, 1 removed"))
  }

  @Test("What is new and gone between two runs")
  func difference() async throws {
    defer { folder.remove() }
    for (name, flag) in [("old", "OLD"), ("new", "NEW")] {
      let program = try await build(flag)
      _ = try await folder.remnant("run", "--census", "-o", "\(name).json", "--", program)
    }
    let run = try await folder.remnant("diff", "old.json", "new.json")
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.output.contains("+ retain cycle: 3 × App.Session"))
    #expect(run.output.contains("- retain cycle: 1 × App.Clock"))
    let json = try await folder.remnant("diff", "--format", "json", "old.json", "new.json")
    #expect(json.output.contains(#""new" : ["#))
    let merged = try await folder.remnant("report", "old.json", "new.json", "--format", "markdown")
    #expect(merged.output.contains("2 findings"), "\(merged.transcript)")
  }

  @Test("A run that failed takes nothing out of the baseline, and what isn't shown isn't fixed")
  func partialLooks() async throws {
    defer { folder.remove() }
    let program = try await build("OLD")
    let other = try await build("NEW", "FAIL")
    try folder.write("leaks.supp", "leak:App.Clock\n")
    let base = ["--baseline", "b.json"]
    _ = try await folder.remnant(["run"] + base + ["--update-baseline", "--", program])
    let failed = try await folder.remnant(["run"] + base + ["--update-baseline", "--", other])
    #expect(failed.exitStatus == 3, "\(failed.transcript)")
    #expect(failed.errors.contains("2 known, 1 of them new, 0 removed"))
    #expect(!failed.errors.contains("Fixed"))
    let hidden = try await folder.remnant(
      ["run"] + base
        + [
          "--suppressions", "leaks.supp", "--show", "zombie", "--fail-on", "zombie", "--", program,
        ]
    )
    #expect(hidden.exitStatus == 0, "\(hidden.transcript)")
    #expect(!hidden.errors.contains("retain cycle of App.Clock"))
    #expect(!hidden.errors.contains("unused"))
  }

  @Test("A gate fails where one of several reports says that nothing was checked")
  func unchecked() async throws {
    defer { folder.remove() }
    let program = try await build()
    _ = try await folder.remnant("run", "-o", "clean.json", "--", program)
    _ = try await folder.remnant("run", "-o", "killed.json", "--", "sh", "-c", "kill -9 $$")
    let clean = try await folder.remnant("gate", "clean.json")
    #expect(clean.exitStatus == 0, "\(clean.transcript)")
    let both = try await folder.remnant("gate", "clean.json", "killed.json")
    #expect(both.exitStatus == 23, "\(both.transcript)")
    #expect(both.output.contains("killed.json: nothing was checked"))
  }

  @Test("In a folder of a repository, its configuration counts, and files are named from its root")
  func subfolder() async throws {
    defer { folder.remove() }
    let program = try await build("OLD")
    let sub = folder.file("sub")
    for name in [".git", "sub"] {
      try FileManager.default.createDirectory(
        at: folder.file(name),
        withIntermediateDirectories: true
      )
    }
    _ = try await folder.remnant("run", "-o", "leaks.json", "--", program)
    let tool = try Built.tool()
    let github = try await Subprocess.run(
      [tool, "report", "../leaks.json", "--format", "github"],
      in: sub
    )
    #expect(github.output.contains("file=build-"), "\(github.transcript)")
    try folder.write(".remnant.yml", "suppressions: leaks.supp\n")
    try folder.write("leaks.supp", "leak:App.Clock\n")
    let gate = try await Subprocess.run([tool, "gate", "../leaks.json"], in: sub)
    #expect(gate.exitStatus == 0, "\(gate.transcript)")
    #expect(gate.output.contains("1 suppressed"))
  }

  @Test(
    "Where nobody reads the report, the verdict and the baseline stand; a full disk is an error"
  )
  func closedPipes() async throws {
    defer { folder.remove() }
    let program = try await build("OLD")
    let tool = try Built.tool()
    let run = try await Subprocess.run(
      [
        "bash", "-c", "\"$0\" run --baseline b.json --update-baseline -- \"$1\" 2> >(exec sleep 0)",
        tool, program,
      ],
      in: folder.url
    )
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(try folder.text("b.json").contains("App.Clock"))
    _ = try await folder.remnant("run", "-o", "leaks.json", "--", program)
    for command in ["report leaks.json", "gate leaks.json", "diff leaks.json leaks.json"] {
      let full = try await Subprocess.run(
        ["bash", "-c", "\"$0\" \(command) > /dev/full", tool],
        in: folder.url
      )
      #expect(full.exitStatus == 69, "\(full.transcript)")
      #expect(full.errors.contains("No space left"))
    }
  }

  @Test("A limit lets so many instances pass, and no more")
  func limits() async throws {
    defer { folder.remove() }
    let program = try await build("NEW")
    _ = try await folder.remnant("run", "--no-config", "-o", "leaks.json", "--", program)
    let report = try folder.text("leaks.json")
    let signature = try #require(report.firstMatch(of: /"signature" : "([0-9a-f]{16})"/)?.1)
    for (limit, status) in [(3, 0), (2, 23)] as [(Int, Int32)] {
      try folder.write(".remnant.yml", "limits:\n  \(signature): \(limit)\n")
      let run = try await folder.remnant("run", "--", program)
      #expect(run.exitStatus == status, "\(run.transcript)")
    }
  }

  @Test(
    "A file that makes no sense is refused by name and place before the program runs",
    arguments: [
      (["--config", "bad.yml"], "bad.yml:1:1: there is no setting 'depht'"),
      (["--config", "missing.yml"], "there is no file 'missing.yml'"),
      (["--suppressions", "bad.supp"], "bad.supp:1: 'hello' isn't a suppression"),
      (["--suppressions", "."], "'.' is a directory"),
      (["--suppressions", "binary"], "not a text in UTF-8"),
      (["--baseline", "missing.json"], "the same command with --update-baseline"),
      (["--baseline", "bad.yml"], "not a baseline"),
      (["--baseline", "truncated.json"], "isn't a baseline"),
      (["--update-baseline"], "--update-baseline needs to know which baseline"),
      (["--baseline", "nowhere/b.json", "--update-baseline"], "can't write"),
      (
        ["-o", "a.json", "-o", "b.html", "--format", "json"],
        "--format is given with more than one --output"
      ),
      (["--generate-suppressions", "nowhere/a"], "can't write"),
      (["--generate-suppressions", "bad.supp"], "exists already"),
    ]
  )
  func badFiles(options: [String], message: String) async throws {
    defer { folder.remove() }
    try folder.write("bad.yml", "depht: 3\n")
    try folder.write("bad.supp", "hello\n")
    try Data([0xff, 0xfe, 0x00]).write(to: folder.file("binary"))
    try folder.write("truncated.json", #"{"baselineVersion" : 1, "findings" : [{"sig"#)
    let tool = try Built.tool()
    let run = try await Subprocess.run(
      [tool, "run"] + options + ["--", "/bin/echo", "ran"],
      in: folder.url
    )
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains(message), "\(run.transcript)")
    #expect(run.output == "")
  }

  @Test(
    "A report that is none is refused, whatever is asked of it",
    arguments: [
      "", "{}", "[]", "nonsense", #"{"schemaVersion": 2}"#, #"{"schemaVersion": 1}"#,
      "{\"schemaVersion\": ",
    ]
  )
  func badReports(contents: String) async throws {
    defer { folder.remove() }
    try folder.write("bad.json", contents)
    try folder.write("out.html", "old")
    for arguments in [
      ["report", "bad.json"], ["report", "bad.json", "-o", "out.html"], ["gate", "bad.json"],
      ["diff", "bad.json", "bad.json"], ["report", "missing.json"], ["report", "."],
      ["gate", "/dev/null"],
    ] {
      let tool = try Built.tool()
      let run = try await Subprocess.run([tool] + arguments, in: folder.url)
      #expect(run.exitStatus == 64, "\(run.transcript)")
      #expect(run.errors.hasPrefix("remnant: "))
      #expect(run.output == "")
    }
    #expect(try folder.text("out.html") == "old")
  }
}
