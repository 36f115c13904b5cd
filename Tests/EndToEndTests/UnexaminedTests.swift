import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

/// What could not be examined is never a silent success, and the reason is the true one.
@Suite("What could not be examined") struct UnexaminedTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func remnant(
    _ options: [String] = [],
    prefix: [String] = [],
    _ program: [String]
  ) async throws -> Subprocess {
    let tool = try Built.tool()
    return try await Subprocess.run(
      prefix + [tool, "run", "--quiet"] + options + ["--"] + program,
      in: folder.url
    )
  }

  private func compile(
    _ source: String,
    named name: String,
    _ options: [String]
  ) async throws
    -> String
  {
    let isSwift = options.first == "swiftc"
    let file = folder.file("\(name).\(isSwift ? "swift" : "c")")
    try Data(source.utf8).write(to: file)
    let program = folder.file(name).path
    let build = try await Subprocess.run(options + [file.path, "-o", program])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    return program
  }

  private static let cycle = """
    final class Node { var other: Node? }
    func leak() { let node = Node(); node.other = node }
    leak()
    """

  @Test("A program that ends without libc is status 125, and its report fails the gate")
  func gone() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <sys/syscall.h>
      int main(int count, char **arguments) {
        __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(count - 1) : "rcx", "r11", "memory");
      }
      """,
      named: "gone",
      ["gcc"]
    )
    let run = try await remnant(["-o", "gone.json"], [program])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("nothing was examined"), "\(run.transcript)")
    #expect(run.errors.contains("--allow-unexamined"), "\(run.transcript)")
    let allowed = try await remnant(["--allow-unexamined"], [program])
    #expect(allowed.exitStatus == 0 && allowed.errors.isEmpty, "\(allowed.transcript)")
    let failed = try await remnant([], [program, "argument"])
    #expect(failed.exitStatus == 1 && failed.errors.isEmpty, "\(failed.transcript)")
    let tool = try Built.tool()
    for (options, status) in [([], 23), (["--allow-unexamined"], 0)] as [([String], Int32)] {
      let gate = try await Subprocess.run([tool, "gate", "gone.json"] + options, in: folder.url)
      #expect(gate.exitStatus == status, "\(gate.transcript)")
    }
  }

  @Test("A program that isn't Swift was examined, unless it started others")
  func otherLanguages() async throws {
    defer { folder.remove() }
    let alone = try await remnant(["-o", "alone.json"], ["/bin/true"])
    #expect(alone.exitStatus == 0, "\(alone.transcript)")
    let gate = try await Subprocess.run([try Built.tool(), "gate", "alone.json"], in: folder.url)
    #expect(gate.exitStatus == 0, "\(gate.transcript)")

    // Waited for, and still running.
    for script in ["/bin/true; /bin/true; :", "sleep 1 & :"] {
      let run = try await remnant(["-o", "parent.json"], ["bash", "-c", script])
      #expect(run.exitStatus == 125, "\(run.transcript)")
      let names = script.hasPrefix("sleep") ? "(sleep)" : "(true)"
      #expect(run.errors.contains("it started others \(names)"), "\(run.transcript)")
      #expect(run.errors.contains("--follow-children"), "\(run.transcript)")
    }
    let report = try LeakReport(
      json: try folder.text("parent.json")
    )
    #expect(report.isUnchecked && report.capture.complete)
    let allowed = try await remnant(["--allow-unexamined"], ["bash", "-c", "/bin/true; :"])
    #expect(allowed.exitStatus == 0, "\(allowed.transcript)")
    let failed = try await remnant([], ["bash", "-c", "/bin/true; exit 4"])
    #expect(failed.exitStatus == 4, "\(failed.transcript)")
  }

  @Test("Programs that are started by posix_spawn are named, each once, and not too many")
  func spawned() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <spawn.h>
      #include <stddef.h>
      #include <sys/wait.h>
      extern char **environ;
      int main(int count, char **arguments) {
        for (int i = 1; i < count; i++) {
          char *none[] = {arguments[i], NULL};
          int failed = i % 2 ? posix_spawn(NULL, arguments[i], NULL, NULL, none, environ)
                             : posix_spawnp(NULL, arguments[i], NULL, NULL, none, environ);
          if (failed) return 1;
          wait(NULL);
        }
        return 0;
      }
      """,
      named: "spawner",
      ["gcc"]
    )
    let children = ["/bin/true", "true", "/bin/pwd", "date", "/bin/id", "uname", "/usr/bin/tty"]
    let few = try await remnant([], [program] + children.prefix(3))
    #expect(few.errors.contains("it started others (true, pwd)"), "\(few.transcript)")
    let many = try await remnant([], [program] + children)
    #expect(
      many.errors.contains("it started others (true, pwd, date, id, uname, …)"),
      "\(many.transcript)"
    )
    let followed = try await remnant(["--follow-children"], [program] + children.prefix(1))
    #expect(followed.errors.contains("those that it started (true)"), "\(followed.transcript)")
  }

  @Test("A program that its own filter of system calls ended, unseen by the recorder")
  func filtered() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <linux/filter.h>
      #include <linux/seccomp.h>
      #include <stddef.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      };
      int main(void) {
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        long result = SYS_seccomp;
        __asm__ volatile("syscall" : "+a"(result)
                         : "D"(SECCOMP_SET_MODE_FILTER), "S"(0), "d"(&program) : "rcx", "r11", "memory");
        return result != 0;
      }
      """,
      named: "filtered",
      ["gcc"]
    )
    let run = try await remnant(["-o", "filtered.json"], [program])
    // The program failed: its own status wins, and the report has the reason.
    #expect(run.exitStatus == 128 + SIGSYS, "\(run.transcript)")
    let report = try LeakReport(json: try folder.text("filtered.json"))
    // Or the tool was quicker than the filter.
    #expect(
      report.capture.complete || report.capture.skipped.contains { $0.contains("seccomp") },
      "\(report.capture)"
    )
  }

  @Test("A limit of the address space that the tool can't work under is told before anything runs")
  func addressSpace() async throws {
    defer { folder.remove() }
    let program = try await compile(Self.cycle, named: "limited", ["swiftc"])
    let limited = ["sh", "-c", "ulimit -v 500000 && exec \"$@\"", "sh"]
    let tool = try await remnant(prefix: limited, ["/bin/echo", "ran"])
    #expect(tool.exitStatus == 125 && tool.output.isEmpty, "\(tool.transcript)")
    #expect(tool.errors.contains("488 MiB of address space"), "\(tool.transcript)")
    #expect(tool.errors.contains("ulimit -v 500000 && exec"), "\(tool.transcript)")
    // As it says.
    let alone = try await remnant([], limited + [program])
    #expect(alone.exitStatus == 23, "\(alone.transcript)")
  }

  @Test("A main thread that ended with pthread_exit doesn't keep the rest from being examined")
  func mainThreadGone() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      import Glibc
      \(Self.cycle)
      var thread = pthread_t()
      pthread_create(&thread, nil, { _ in usleep(200_000); return nil }, nil)
      pthread_exit(nil)
      """,
      named: "leader",
      ["swiftc"]
    )
    let run = try await remnant([], [program])
    #expect(run.exitStatus == 23, "\(run.transcript)")
  }

  @Test("An executable that isn't position-independent is judged like others")
  func fixedAddresses() async throws {
    defer { folder.remove() }
    let program = try await compile(
      Self.cycle,
      named: "fixed",
      ["swiftc", "-g", "-Xlinker", "-no-pie"]
    )
    let type = try await Subprocess.run(["readelf", "-h", program])
    try #require(type.output.contains("EXEC"), "\(type.transcript)")
    let run = try await remnant(["-o", "fixed.json"], [program])
    #expect(run.exitStatus == 23, "\(run.transcript)")
    let report = try LeakReport(
      json: try folder.text("fixed.json")
    )
    #expect(report.findings.map(\.kind) == [.retainCycle])
    #expect(report.findings.first?.confidence == .proven)
    #expect(report.findings.first?.path.map(\.via) == ["other"])
  }

  @Test("Another tracer is named")
  func tracer() async throws {
    defer { folder.remove() }
    let program = try await compile(
      """
      #include <sys/prctl.h>
      #include <sys/ptrace.h>
      #include <sys/wait.h>
      #include <unistd.h>
      int main(void) {
        int ready[2];
        pipe(ready);
        if (fork() == 0) {
          prctl(PR_SET_NAME, "watcher");
          pid_t program = getppid();
          ptrace(PTRACE_SEIZE, program, 0, 0);
          write(ready[1], "", 1);
          int status;
          while (waitpid(program, &status, __WALL) > 0 && !WIFEXITED(status))
            ptrace(PTRACE_CONT, program, 0, 0);
          _exit(0);
        }
        char byte;
        read(ready[0], &byte, 1);
        return 0;
      }
      """,
      named: "traced",
      ["gcc"]
    )
    let run = try await remnant([], [program])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("(watcher) already traces the program"), "\(run.transcript)")
    #expect(run.errors.contains("run the program without watcher"), "\(run.transcript)")
  }

  @Test(
    "A set-user-ID program that another user runs is named as what it is",
    .enabled(if: getuid() == 0, "only root can run it as another user")
  )
  func privileged() async throws {
    defer { folder.remove() }
    // Reachable for the other user, the tool as well.
    let open = URL(filePath: "/tmp/remnant-privileged-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: open, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: open) }
    let program = open.appending(path: "program").path
    let source = folder.file("program.c")
    try Data("int main(void) { return 0; }".utf8).write(to: source)
    let build = try await Subprocess.run(["gcc", source.path, "-o", program])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    let parts = [try Built.tool(), try Built.recorder()]
    let prepare = try await Subprocess.run(
      ["sh", "-c", "chmod 755 \"$0\"; cp \"$@\" \"$0\"; chmod 4755 \"$0/program\"", open.path]
        + parts
    )
    try #require(prepare.exitStatus == 0, "\(prepare.transcript)")
    let run = try await Subprocess.run([
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
      open.appending(path: "remnant").path, "run", "--quiet", "--", program,
    ])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("set-user-ID"), "\(run.transcript)")
  }

  // MARK: Namespaces

  private static let unshare = ["unshare", "--pid", "--fork"]

  /// Whether this user may make namespaces: not in every container.
  private static let canUnshare: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = unshare + ["--mount-proc", "true"]
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(
    "Where /proc shows another PID namespace, or nothing, no process is taken for another one",
    .enabled(if: canUnshare, "namespaces can't be made here")
  )
  func foreignProc() async throws {
    defer { folder.remove() }
    let other = try await remnant(prefix: Self.unshare, ["/bin/echo", "ran"])
    #expect(other.exitStatus == 125 && other.output.isEmpty, "\(other.transcript)")
    #expect(other.errors.contains("another PID namespace"), "\(other.transcript)")
    let mounted = try await remnant(prefix: Self.unshare + ["--mount-proc"], ["/bin/echo", "ran"])
    #expect(mounted.exitStatus == 0 && mounted.output == "ran\n", "\(mounted.transcript)")
    // The arguments, an empty one among them, come from there as well.
    let none = try await remnant(
      prefix: ["unshare", "--mount", "sh", "-c", "umount -l /proc && exec \"$@\"", "sh"],
      ["/bin/echo", ""]
    )
    #expect(none.exitStatus == 125 && none.output.isEmpty, "\(none.transcript)")
    #expect(none.errors.contains("/proc is not mounted"), "\(none.transcript)")
  }

  @Test(
    "A program that is followed into another PID namespace is the one that is examined",
    .enabled(if: canUnshare, "namespaces can't be made here")
  )
  func innerNamespace() async throws {
    defer { folder.remove() }
    let program = try await compile(Self.cycle, named: "inner", ["swiftc"])
    for options in [Self.unshare, Self.unshare + ["--mount-proc"]] {
      let run = try await remnant(["--follow-children"], options + [program])
      #expect(run.exitStatus == 23, "\(run.transcript)")
    }
  }

  @Test("Empty arguments reach the program")
  func emptyArguments() async throws {
    defer { folder.remove() }
    let run = try await remnant([], ["/usr/bin/printf", "<%s>", "", "x", ""])
    #expect(run.exitStatus == 0 && run.output == "<><x><>", "\(run.transcript)")
    let nothing = try await remnant([], [""])
    #expect(nothing.exitStatus == 127, "\(nothing.transcript)")
  }
}
