import Foundation
import TestSupport
import Testing

@Suite("What comes between the tool and its program")
struct InterferenceTests {
  @Test(
    "A program whose tool is killed ends as it would",
    arguments: ["run", "exit", "snapshot"]
  )
  func killedTool(when: String) async throws {
    let program = try await HostProgram("killer.c")
    defer { program.remove() }
    let adopt = try await HostProgram("adopt.c")
    defer { adopt.remove() }
    let watched = try await program.watched([when], prefix: [adopt.path])
    #expect(watched.run.exitStatus == 128 + 9, "\(watched.run.transcript)")
    #expect(watched.run.output == "ran to its end\n")
    // The program, and where it had help, its helper.
    let orphans = Set(watched.run.errors.split(separator: "\n"))
    let itself: Substring = "an orphan ended with 3"
    #expect(orphans == (when == "run" ? [itself] : [itself, "an orphan ended with 0"]))
    #expect(watched.leftovers == [])
  }

  @Test("A thread that doesn't stop, because it waits in the kernel, is left out")
  func unstoppable() async throws {
    let program = try await HostProgram("vforked.c")
    defer { program.remove() }
    let adopt = try await HostProgram("adopt.c")
    defer { adopt.remove() }
    let watched = try await program.expectUnharmed(prefix: [adopt.path], status: 3)
    #expect(watched.run.errors == "an orphan ended with 4\n")
    let capture = try #require(watched.report?.capture)
    #expect(!capture.complete)
    #expect(capture.skipped.count { $0.contains("did not stop") } == 1)
  }

  @Test("Where too few files may be open, nothing runs", arguments: [8, 20, 63])
  func fileLimit(files: Int) async throws {
    let program = try await HostProgram("limits.c")
    defer { program.remove() }
    let prefix = ["prlimit", "--nofile=\(files)"]
    let watched = try await program.watched(["all files"], prefix: prefix)
    #expect(watched.run.exitStatus == 125, "\(watched.run.transcript)")
    #expect(watched.run.output == "")
    #expect(watched.run.errors.contains("ulimit -n"), "\(watched.run.transcript)")
    #expect(watched.report == nil)
  }

  @Test("A program that uses up all its descriptors is still examined")
  func allFiles() async throws {
    let program = try await HostProgram("limits.c")
    defer { program.remove() }
    // The tool's own limit is the same.
    let watched = try await program.expectUnharmed(
      ["all files"],
      prefix: ["prlimit", "--nofile=64"],
      status: 2
    )
    #expect(watched.run.output.hasSuffix("more, then Too many open files\n"))
    #expect(watched.report?.capture.complete == true)
  }

  @Test("Where no file may have any bytes, programs are still examined, and followed through exec")
  func fileSize() async throws {
    let program = try await HostProgram("owners.swift")
    defer { program.remove() }
    // `cat` has no limit: what it writes to is a file.
    let script = "{ ulimit -f 0; \"$@\"; echo \"status $?\"; } 2>&1 | cat"
    for command in [[], ["env", "A=1"]] {
      let run = try await Subprocess.run(
        ["sh", "-c", script, "sh", try Built.tool(), "run", "--"] + command + [
          program.path, "leaky",
        ]
      )
      #expect(run.output.contains("10 × program.Owner"), "\(run.transcript)")
      #expect(run.output.hasSuffix("status 23\n"))
    }
  }

  @Test("A report that can't be written to the end is told of")
  func fullDevice() async throws {
    let program = try await HostProgram("deep.c")
    defer { program.remove() }
    let run = try await Subprocess.run([
      try Built.tool(), "run", "--format", "json", "--output", "/dev/full", "--", program.path,
    ])
    #expect(run.errors.contains("/dev/full"), "\(run.transcript)")
    #expect(run.errors.contains("No space left on device"))
    #expect(run.exitStatus == 125)
  }
}
