import Foundation
import TestSupport
import Testing

@Suite("How a program ends under the recorder")
struct EndingTests {
  @Test(
    "A normal end is awaited, and its exit status passed on",
    arguments: [
      ("return", 7), ("exit", 8), ("_exit", 3), ("_Exit", 3), ("at_exit", 5), ("quick_exit", 4),
      ("exit_group", 3), ("failed exec", 9),
    ] as [(String, Int32)]
  )
  func normal(how: String, status: Int32) async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    try await program.expectUnharmed([how], status: status)
  }

  @Test(
    "An end that can't be awaited is told in the report, and its exit status passed on",
    arguments: [
      ("abort", 128 + 6, "signal 6"), ("kill", 128 + 9, "signal 9"),
      ("fault", 128 + 11, "signal 11"),
    ] as [(String, Int32, String)]
  )
  func early(how: String, status: Int32, reason: String) async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    let alone = try await program.alone([how])
    #expect(alone.exitStatus == status, "\(alone.transcript)")
    let (run, report) = try await program.watched([how])
    #expect(run.exitStatus == status, "\(run.transcript)")
    #expect(run.output == alone.output)
    let capture = try #require(report?.capture, "\(run.transcript)")
    #expect(!capture.complete)
    let words = capture.skipped.joined().split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    #expect(words.joined(separator: " ").contains(reason), "\(capture.skipped)")
    if status > 128 {
      #expect(report?.target.signal == Int(status) - 128)
    } else {
      #expect(report?.target.exitStatus == Int(status))
    }
  }

  @Test(
    "A program that replaces itself by another is followed there, and the other one doesn't notice",
    arguments: ["execv", "execve", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve"]
  )
  func replaced(how: String) async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    let surroundings = try await Program("surroundings.c")
    defer { surroundings.remove() }
    for target in [surroundings.path, program.path] {
      // The last one replaces itself once more.
      let arguments =
        target == program.path ? [how, target, "execv", surroundings.path] : [how, target]
      let alone = try await program.alone(arguments)
      #expect(alone.output.contains("page size"), "\(alone.transcript)")
      let (run, report) = try await program.watched(arguments)
      #expect(run.exitStatus == alone.exitStatus, "\(run.transcript)")
      #expect(run.output == alone.output)
      #expect(run.errors == alone.errors)
      #expect(report?.capture.complete == true)
      #expect(report?.target.executable == surroundings.path)
    }
  }

  @Test("A program that takes no recorder finds nothing of it", arguments: ["static", "sanitized"])
  func replacedByAnother(kind: String) async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    let surroundings = try await Program(
      "surroundings.c",
      kind == "static" ? ["-static"] : ["-fsanitize=address", "-shared-libasan"]
    )
    defer { surroundings.remove() }
    let libraries = try await Subprocess.run(["clang", "-print-resource-dir"])
    let environment = [
      "LD_LIBRARY_PATH": libraries.output.trimmingCharacters(in: .newlines) + "/lib/linux",
      "ASAN_OPTIONS": "detect_leaks=0",
    ]
    let alone = try await program.alone(["execv", surroundings.path], environment: environment)
    #expect(alone.output.contains("page size"), "\(alone.transcript)")
    let (run, report) = try await program.watched(
      ["execv", surroundings.path],
      environment: environment
    )
    #expect(run.exitStatus == alone.exitStatus, "\(run.transcript)")
    #expect(run.output == alone.output)
    #expect(report?.capture.complete != true)
  }

  @Test("A library's constructor may replace the program before the recorder has begun")
  func replacedEarly() async throws {
    for how in ["EXECV", "EXECVP"] {
      let program = try await Program("replaced.c", ["-D\(how)"], libraries: ["replacing.c"])
      defer { program.remove() }
      try await program.expectUnharmed(status: 4)
    }
  }

  @Test("A program with a malloc of its own is refused before main, and the message names it")
  func otherAllocator() async throws {
    let program = try await Program("own_malloc.c")
    defer { program.remove() }
    let alone = try await program.alone()
    #expect(alone.output == "main ran\n")
    let (run, report) = try await program.watched()
    #expect(run.exitStatus == 125)
    #expect(run.output == "")
    #expect(run.errors.contains("malloc"))
    #expect(run.errors.contains(program.path), "\(run.errors)")
    #expect(report == nil)
  }

  @Test("A program whose tool was killed goes on and ends normally")
  func killedTool() async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("out")
    // `cat` takes the shell's place: it never reaps the tool, and ends with the last writer.
    let script = """
      mkfifo "$4"
      "$0" run --quiet --format json --output "$1" -- "$2" orphan "$3" > "$4" & exec cat "$4"
      """
    let run = try await Subprocess.run(
      ["sh", "-c", script, try Built.tool(), folder.file("r").path, program.path, file.path]
        + [folder.file("fifo").path]
    )
    #expect(run.output == "orphan\nat exit\n", "\(run.transcript)")
    #expect(try String(contentsOf: file, encoding: .utf8) == "still here\n")
  }
}
