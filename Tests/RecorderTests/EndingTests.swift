import Foundation
import TestSupport
import Testing

@Suite("How a program ends under the recorder")
struct EndingTests {
  @Test(
    "A normal end is awaited, and its exit status passed on",
    arguments: [("return", 7), ("exit", 8)] as [(String, Int32)]
  )
  func normal(how: String, status: Int32) async throws {
    let program = try await Program("endings.c")
    defer { program.remove() }
    try await program.expectUnharmed([how], status: status)
  }

  @Test(
    "An end that can't be awaited is told in the report, and its exit status passed on",
    arguments: [
      ("_exit", 3, "_exit"), ("_Exit", 3, "_exit"), ("at_exit", 5, "_exit"),
      ("exit_group", 3, "_exit"), ("failed exec", 9, "_exit"), ("quick_exit", 4, "quick_exit"),
      ("abort", 128 + 6, "signal 6"), ("kill", 128 + 9, "signal 9"),
      ("fault", 128 + 11, "signal 11"),
      ("execv", 6, "exec"), ("execve", 6, "exec"), ("execvp", 6, "exec"), ("execvpe", 6, "exec"),
      ("execl", 6, "exec"), ("execlp", 6, "exec"), ("execle", 6, "exec"),
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
    #expect(words.contains("_exit") == (reason == "_exit"), "\(capture.skipped)")
    if status > 128 {
      #expect(report?.target.signal == Int(status) - 128)
    } else {
      #expect(report?.target.exitStatus == Int(status))
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
