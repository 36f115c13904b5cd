import Foundation
import TestSupport
import Testing

/// What a new user runs first.
@Suite("First steps") struct FirstStepsTests {
  @Test("The demo shows a leak, its fix, and what comes next")
  func demo() async throws {
    let run = try await Subprocess.run([try Built.tool(), "demo"])
    #expect(run.exitStatus == 0, "\(run.transcript)")
    let parts = run.output.components(separatedBy: "The same server")
    try #require(parts.count == 2, "\(run.transcript)")
    #expect(parts[0].contains("LEAK 1 of 1"), "\(run.transcript)")
    #expect(parts[0].contains("3 × remnant_demo.Session"), "\(run.transcript)")
    #expect(parts[0].contains("[weak self]"), "\(run.transcript)")
    #expect(parts[1].contains("No leaks found."), "\(run.transcript)")
    #expect(run.output.hasSuffix("remnant run -- PROGRAM [ARG…]\n"))
    #expect(run.errors.isEmpty)
  }

  @Test("The doctor finds its canary where everything is there")
  func healthy() async throws {
    let run = try await Subprocess.run([try Built.tool(), "doctor"])
    #expect(run.exitStatus == 0, "\(run.transcript)")
    for line in run.output.split(separator: "\n").prefix(8) {
      #expect(line.hasPrefix("✓ "), "\(run.transcript)")
    }
    #expect(run.output.contains("a known leak was found: 3 × remnant_demo.Session"))
  }

  @Test("The doctor names what is missing, with its remedy, and so does the demo")
  func incomplete() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let tool = try await folder.installProgram(from: try Built.tool(), as: "remnant")
    let doctor = try await Subprocess.run([tool, "doctor"])
    #expect(doctor.exitStatus == 69, "\(doctor.transcript)")
    #expect(doctor.output.contains("✗ recorder            libRemnantRecorder.so is not beside"))
    #expect(doctor.output.contains("✗ canary"))
    #expect(doctor.output.contains("swift build"))
    let demo = try await Subprocess.run([tool, "demo"])
    #expect(demo.exitStatus == 69, "\(demo.transcript)")
    #expect(demo.errors.contains("remnant doctor"), "\(demo.transcript)")
  }

  @Test("A debugger that holds the program is told of, and what to do")
  func forbidden() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    // A program that may not be traced, as in a container without the right to.
    let source = folder.file("untraceable.c")
    try Data(
      """
      #include <sys/ptrace.h>
      #include <sys/types.h>
      #include <sys/wait.h>
      #include <unistd.h>
      int main(void) {
        int ready[2];
        pipe(ready);
        if (fork() == 0) {
          // Another process traces it first, and sees it end.
          pid_t program = getppid();
          ptrace(PTRACE_SEIZE, program, 0, 0);
          write(ready[1], "", 1);
          int status;
          while (waitpid(program, &status, __WALL) > 0 && !WIFEXITED(status)) {
            ptrace(PTRACE_CONT, program, 0, 0);
          }
          _exit(0);
        }
        char byte;
        read(ready[0], &byte, 1);
        return 0;
      }
      """.utf8
    ).write(to: source)
    let program = folder.file("untraceable").path
    let build = try await Subprocess.run(["gcc", source.path, "-o", program])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    let run = try await Subprocess.run([try Built.tool(), "run", "--", program])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("already traces the program"), "\(run.transcript)")
    #expect(run.errors.contains("detach it"), "\(run.transcript)")
  }
}
