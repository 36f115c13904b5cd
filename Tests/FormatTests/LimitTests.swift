import Foundation
import TestSupport
import Testing

/// What CI runs has a limit, after which it says what hangs.
@Suite("Limits of CI") struct LimitTests {
  private func limit(_ arguments: [String]) async throws -> Subprocess {
    try await Subprocess.run([Reader.root.appending(path: ".ci/limit").path] + arguments)
  }

  @Test("A command that ends by itself keeps its output and its status")
  func ends() async throws {
    let run = try await limit(["--", "sh", "-c", "echo one; echo two >&2; exit 7"])
    #expect(run.exitStatus == 7 && run.output == "one\ntwo\n", "\(run.transcript)")
    let killed = try await limit(["--", "sh", "-c", "kill -9 $$"])
    #expect(killed.exitStatus == 137, "\(killed.transcript)")
  }

  @Test("A command that hangs is ended, and the stacks of all its threads are printed")
  func hangs() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let source = folder.file("hang.c")
    try Data(
      """
      #include <pthread.h>
      #include <unistd.h>
      static void *waits_in_a_thread(void *unused) { for (;;) pause(); }
      static void waits_in_main(void) { for (;;) pause(); }
      int main(void) {
        pthread_t thread;
        pthread_create(&thread, NULL, waits_in_a_thread, NULL);
        waits_in_main();
      }
      """.utf8
    ).write(to: source)
    let program = folder.file("hang").path
    let build = try await Subprocess.run(["gcc", "-g", "-pthread", source.path, "-o", program])
    try #require(build.exitStatus == 0, "\(build.transcript)")
    // Below a shell, as a test's program is below the test.
    let run = try await limit(["--total", "1", "--", "sh", "-c", "\(program); :"])
    #expect(run.exitStatus == 124, "\(run.transcript)")
    #expect(run.output.contains("took longer than 1 s"))
    #expect(run.output.contains("waits_in_a_thread"), "\(run.transcript)")
    #expect(run.output.contains("waits_in_main"), "\(run.transcript)")
    let left = try await Subprocess.run(["pgrep", "-f", program])
    #expect(left.output.isEmpty, "\(left.transcript)")
  }

  @Test("A test that hangs is named, among others that came to their end")
  func hangingTest() async throws {
    let output = """
      ◇ Test "quick" started.
      ◇ Test "stuck, and slow" started.
      ◇ Test case passing 1 argument to "stuck, and slow" started.
      ✔ Test "quick" with 2 test cases passed after 0.1 seconds.
      Test Case 'A.old' started at 2026-11-30
      Test Case 'A.old' passed (0.1 seconds)
      Test Case 'A.hung' started at 2026-11-30
      """
    let run = try await limit([
      "--test", "1", "--", "sh", "-c",
      "echo '\(output.replacing("'", with: #"'\''"#))'; sleep 1000",
    ])
    #expect(run.exitStatus == 124, "\(run.transcript)")
    let running = run.output.split(separator: "\n").filter { $0.hasPrefix("running for") }
    #expect(running.count == 2, "\(run.transcript)")
    #expect(running.contains { $0.hasSuffix(#""stuck, and slow""#) })
    #expect(running.contains { $0.hasSuffix("A.hung") })
  }
}
