import Foundation
import TestSupport
import Testing

@Suite("What a program sees under the recorder")
struct SurroundingsTests {
  /// Additions to the environment, as a shell's words: bytes that no Swift string holds among them.
  @Test(
    "Environment, descriptors, signals and limits are as without it",
    arguments: [
      "", "env LD_PRELOAD=", "env LD_PRELOAD=$H", "env LD_PRELOAD=:$H",
      "env 'LD_PRELOAD=  '$H", "env LD_PRELOAD=$H:libm.so.6:",
      "env REMNANT_COLOR=1", "env BYTES=$(printf 'a\\377\\200b') EMPTY= 'LINES=1\n2'",
      "env -i", "env -i ONE=1", "env -i ONE=1 TWO=2",
    ]
  )
  func environment(prefix: String) async throws {
    let program = try await Program("surroundings.c")
    defer { program.remove() }
    let library = try await Program("harmless.c", ["-shared"])
    defer { library.remove() }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    func run(_ command: [String]) async throws -> Subprocess {
      let words = command.indices.map { "\"${\($0)}\"" }.joined(separator: " ")
      // What other tests open just then may be inherited.
      let closing = """
        for i in /proc/self/fd/*; do i=${i##*/}; [ $i -lt 3 ] || eval "exec $i>&-"; done
        unset i
        exec sh -c "$@"
        """
      return try await Subprocess.run(
        ["bash", "-c", closing, "", "H=$HARMLESS; unset HARMLESS; \(prefix) \(words)"]
          + command,
        environment: ["HARMLESS": library.path]
      )
    }
    let alone = try await run([program.path])
    #expect(alone.exitStatus == 0, "\(alone.transcript)")
    #expect(alone.output.contains("page size"))
    let file = folder.file("report.json").path
    let watched = try await run([
      try Built.tool(), "run", "--quiet", "--allow-unexamined", "--format", "json", "--output",
      file,
      "--", program.path,
    ])
    #expect(watched.exitStatus == 0, "\(watched.transcript)")
    #expect(
      watched.output.split(separator: "\n") == alone.output.split(separator: "\n"),
      "\(watched.transcript)"
    )
    #expect(FileManager.default.fileExists(atPath: file))
  }

  @Test("A program may close every descriptor that it finds")
  func closed() async throws {
    let program = try await Program("surroundings.c")
    defer { program.remove() }
    try await program.expectUnharmed(["all closed"], status: 12)
    let alone = try await program.alone(["closed"])
    let (run, report) = try await program.watched(["closed"])
    #expect(run.output == alone.output)
    #expect(report?.capture.complete == true)
  }

  @Test(
    "Commands do what they do alone",
    arguments: [
      ["swift", "--version"], ["/bin/ls", "-l", "/usr"],
      ["/bin/sh", "-c", "echo $((6 * 7)); exit 3"],
      ["/bin/sh", "-c", "echo a | sed s/a/b/ | cat; (exit 4); echo $?"], ["/bin/false"],
      ["env", "true"],
    ]
  )
  func commands(command: [String]) async throws {
    let alone = try await Subprocess.run(command)
    let (run, _) = try await Program.watch(command)
    #expect(run.exitStatus == alone.exitStatus, "\(run.transcript)")
    #expect(run.output == alone.output)
    #expect(run.errors == alone.errors)
  }
}
