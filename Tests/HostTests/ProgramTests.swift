import Foundation
import TestSupport
import Testing

@Suite("Programs go unharmed under the tool")
struct ProgramTests {
  @Test("Timers interrupt malloc itself, and their handlers allocate", arguments: ["0", "3"])
  func timers(threads: String) async throws {
    let program = try await HostProgram("timers.c")
    defer { program.remove() }
    let watched = try await program.expectUnharmed([threads], status: 3)
    #expect(watched.report?.capture.complete == true)
  }

  @Test("Children have children, and a shell, while others allocate")
  func families() async throws {
    let program = try await HostProgram("families.c")
    defer { program.remove() }
    let watched = try await program.expectUnharmed(status: 6)
    #expect(watched.run.output.hasSuffix("the shell with 3\n"), "\(watched.run.transcript)")
  }

  @Test("A daemon goes on when the program that started it has ended")
  func daemon() async throws {
    let program = try await HostProgram("families.c")
    defer { program.remove() }
    // `cat` ends with the last writer, which is the daemon.
    let prefix = ["sh", "-c", "{ \"$@\"; echo \"status $?\" >&2; } | cat", "sh"]
    let watched = try await program.expectUnharmed(["daemon"], prefix: prefix, status: 0)
    #expect(watched.run.output == "the daemon ran\n")
    #expect(watched.run.errors == "status 7\n")
  }

  @Test("A command that replaces itself by a Swift program is followed, and its leak found")
  func replaced() async throws {
    let program = try await HostProgram("owners.swift")
    defer { program.remove() }
    for prefix in [["env", "A=1"], ["sh", "-c", "exec \"$@\"", "sh"], ["nice"]] {
      let watched = try await program.watched(["leaky"], inside: prefix)
      #expect(watched.run.exitStatus == 23, "\(watched.run.transcript)")
      #expect(watched.report?.findings.map(\.count) == [10])
    }
  }

  @Test(
    "A program that calls _exit is examined there",
    arguments: ["_exit", "quick_exit", "clean _exit"]
  )
  func underscoreExit(how: String) async throws {
    let program = try await HostProgram("owners.swift")
    defer { program.remove() }
    let isClean = how.hasPrefix("clean")
    let watched = try await program.watched([isClean ? "clean" : "leaky", how])
    #expect(watched.run.exitStatus == (isClean ? 0 : 23), "\(watched.run.transcript)")
    #expect(watched.report?.findings.map(\.count) == (isClean ? [] : [10]))
    #expect(watched.report?.capture.complete == true)
  }

  @Test("Fifty thousand calls deep, each allocates", arguments: ["return", "stay"])
  func deep(how: String) async throws {
    let program = try await HostProgram("deep.c")
    defer { program.remove() }
    let watched = try await program.expectUnharmed([how], status: 2)
    #expect(watched.report?.capture.complete == true)
  }

  @Test("What is left of a limited address space can be used", arguments: ["200", "1"])
  func addressSpace(megabytes: String) async throws {
    let program = try await HostProgram("limits.c")
    defer { program.remove() }
    let watched = try await program.expectUnharmed(["memory", megabytes], status: 2)
    #expect(watched.run.output.hasSuffix("Cannot allocate memory\n"))
  }

  @Test(
    "Standard descriptors that are closed stay closed",
    arguments: [("<&-", 6), (">&-", 5), ("2>&-", 3), ("<&- >&- 2>&-", 0)]
  )
  func standardDescriptors(redirection: String, open: Int32) async throws {
    let program = try await HostProgram("limits.c")
    defer { program.remove() }
    let prefix = ["sh", "-c", "exec \"$@\" \(redirection)", "sh"]
    try await program.expectUnharmed(["files"], prefix: prefix, status: open)
  }
}
