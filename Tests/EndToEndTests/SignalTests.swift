import Foundation
import TestSupport
import Testing

/// The tool can be ended in every phase, leaves no program behind, and hands on no signal that it ignores itself.
@Suite("Signals to the tool") struct SignalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compile(_ source: String, named name: String) async throws -> String {
    let file = folder.file("\(name).c")
    try Data(source.utf8).write(to: file)
    let program = folder.file(name).path
    let build = try await Subprocess.run(["gcc", file.path, "-o", program])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    return program
  }

  /// Runs a script with the tool as `$0` and a program as `$1`, in the folder.
  ///
  /// It ends with the tool's status, and says which programs of that name are left.
  private func script(_ text: String, _ program: String) async throws -> Subprocess {
    let name = URL(filePath: program).lastPathComponent
    let ending = """

      status=$?
      for i in $(seq 100); do pgrep -x \(name) >/dev/null || break; sleep 0.05; done
      pgrep -x \(name) | sed "s/^/left: /"
      exit $status
      """
    return try await Subprocess.run(
      ["bash", "-c", text + ending, try Built.tool(), program],
      in: folder.url
    )
  }

  /// A name that no other process has.
  private func unique() -> String { "rs\(UInt32.random(in: 0 ... .max))" }

  @Test("A signal at any moment of the launch leaves no program behind")
  func launch() async throws {
    defer { folder.remove() }
    let program = try await folder.installProgram(from: "/bin/sleep", as: unique())
    let run = try await script(
      """
      for i in $(seq 0 30); do
        "$0" run --quiet --allow-unexamined -- "$1" 1000 & tool=$!
        sleep 0.00$((i % 10)); [ $i -gt 10 ] && sleep 0.0$((i % 9))
        kill -TERM $tool
        wait $tool
        [ $? = 143 ] || echo "status $?"
      done
      true
      """,
      program
    )
    #expect(run.output.isEmpty && run.exitStatus == 0, "\(run.transcript)")
  }

  @Test("A program that ignores signals is told of, and the second signal ends it, with its report")
  func stubborn() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <signal.h>
      #include <stdio.h>
      #include <unistd.h>
      int main(void) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        puts("ready");
        fflush(stdout);
        for (;;) pause();
      }
      """,
      named: unique()
    )
    let run = try await script(
      """
      "$0" run -- "$1" >out 2>errors & tool=$!
      until grep -q ready out; do sleep 0.02; done
      kill -INT $tool
      until grep -q "the snapshot is taken" errors; do sleep 0.02; done
      kill -INT $tool
      wait $tool
      """,
      program
    )
    let errors = try folder.text("errors")
    #expect(run.exitStatus == 128 + SIGKILL && run.output.isEmpty, "\(run.transcript)\(errors)")
    #expect(errors.contains("kill -KILL"), "\(errors)")
    #expect(errors.contains("live objects examined"), "\(errors)")
  }

  @Test("When the program has ended, the first signal ends the tool")
  func ended() async throws {
    defer { folder.remove() }
    let run = try await script(
      """
      mkfifo out; exec 3<>out
      # More than a pipe holds: the tool waits until that is read.
      long=$(printf 'x%.0s' $(seq 100000))
      "$0" run --include-arguments --format json -o /dev/stdout -- "$1" "$long" >out & tool=$!
      head -c 1 <&3 >/dev/null
      kill -INT $tool
      wait $tool
      """,
      "/bin/true"
    )
    #expect(run.exitStatus == 128 + SIGINT, "\(run.transcript)")
  }

  @Test("A build of `remnant test` ends with the tool", arguments: ["INT", "TERM"])
  func build(signal: String) async throws {
    defer { folder.remove() }
    let compiler = unique()
    let program = try await folder.installProgram(from: "/bin/sleep", as: compiler)
    try Data("// a package".utf8).write(to: folder.file("Package.swift"))
    let swift = folder.file("swift.contents")
    try Data("#!/bin/sh\necho building\nexec \(program) 1000\n".utf8).write(to: swift)
    _ = try await folder.installProgram(from: swift.path, as: "swift")
    let run = try await script(
      """
      PATH=$PWD:$PATH "$0" test >out 2>errors & tool=$!
      until grep -q building out; do sleep 0.02; done
      kill -\(signal) $tool
      wait $tool
      """,
      program
    )
    #expect(run.exitStatus == (signal == "INT" ? 130 : 143), "\(run.transcript)")
    #expect(run.output.isEmpty, "\(run.transcript)")
  }

  /// Stands for a test bundle with two tests: it writes down which signals it was started with ignored.
  private static let bundle = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    int main(int count, char **arguments) {
      for (int i = 1; i < count; i++)
        if (strcmp(arguments[i], "--list-tests") == 0) return puts("Mod.Case/one"), 0;
      FILE *status = fopen("/proc/self/status", "r");
      FILE *log = fopen("signals", "a");
      char line[256];
      while (fgets(line, sizeof line, status))
        if (strncmp(line, "SigIgn", 6) == 0 || strncmp(line, "SigBlk", 6) == 0) fputs(line, log);
      fclose(log);
      if (getenv("HANG_IN") && access("first", F_OK) == 0) {
        puts("hanging");
        fflush(stdout);
        for (;;) pause();
      }
      fclose(fopen("first", "w"));
      return 0;
    }
    """

  @Test("Every program of `remnant test` has the signals that its user gave")
  func dispositions() async throws {
    defer { folder.remove() }
    let program = try await compile(Self.bundle, named: unique())
    let run = try await script(
      """
      "$1"; "$0" test --bundle "$1" --allow-unexamined >out 2>&1
      """,
      program
    )
    let lines = try folder.text("signals").split(
      separator: "\n"
    )
    // Alone, as XCTest, as Swift Testing: two lines each.
    #expect(lines.count == 6, "\(run.transcript)")
    #expect(Set(lines).count == 2, "\(lines)")
  }

  @Test("A signal reaches the second library's tests, too")
  func secondSession() async throws {
    defer { folder.remove() }
    let program = try await compile(Self.bundle, named: unique())
    let run = try await script(
      """
      HANG_IN=2 "$0" test --bundle "$1" >out 2>errors & tool=$!
      until grep -q hanging out; do sleep 0.02; done
      kill -TERM $tool
      wait $tool
      """,
      program
    )
    #expect(run.exitStatus == 143 && run.output.isEmpty, "\(run.transcript)")
  }

  @Test("A snapshot makes nothing exist of memory that a program only reserved")
  func reservedMemory() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <signal.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/mman.h>
      int main(void) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, NULL);
        char *memory = mmap(NULL, 64ul << 30, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return 9;
        memory[1ul << 33] = 1;
        puts("ready");
        fflush(stdout);
        int number;
        sigwait(&set, &number);
        FILE *status = fopen("/proc/self/status", "r");
        char line[256];
        while (fgets(line, sizeof line, status))
          if (strncmp(line, "VmPTE", 5) == 0) fputs(line, stdout);
        return 0;
      }
      """,
      named: unique()
    )
    let run = try await script(
      """
      "$0" run --quiet -- "$1" >out 2>&1 & tool=$!
      until grep -q ready out; do sleep 0.02; done
      kill -TERM $tool
      wait $tool
      """,
      program
    )
    let output = try folder.text("out")
    #expect(run.exitStatus == 0, "\(run.transcript)\(output)")
    // Its page tables have 8 bytes for each page of 4 KiB: 128 MiB for all of them.
    let kilobytes = try #require(output.firstMatch(of: /VmPTE:\s*(\d+) kB/)?.1, "\(output)")
    #expect((Int(kilobytes) ?? .max) < 8 << 10, "\(output)")
  }
}
