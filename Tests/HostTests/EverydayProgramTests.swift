import Foundation
import TestSupport
import Testing

/// Programs that everybody has, and that have nothing to do with Swift: they do the same with and without the recorder.
@Suite("Everyday programs") struct EverydayProgramTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Files to write first, by name.
    var files: [String: String] = [:]
    /// Run once before, without the tool.
    var preparation: [String] = []
    let command: [String]

    var testDescription: String { name }
  }

  private static let cases = [
    Case(
      name: "Python: threads, subprocesses, and C functions",
      files: [
        "program.py": """
        import ctypes, subprocess, sys, threading
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.free.argtypes = [ctypes.c_void_p]
        def work(number, results):
            for size in range(1, 2000):
                libc.free(libc.malloc(size))
            command = [sys.executable, "-c", f"print({number} * {number})"]
            results[number] = subprocess.run(command, capture_output=True, text=True).stdout
        results = {}
        threads = [threading.Thread(target=work, args=(n, results)) for n in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(sorted(results.items()))
        sys.exit(3)
        """
      ],
      command: ["python3", "program.py"]
    ),
    Case(
      name: "Git: a repository with a commit",
      command: [
        "bash", "-c",
        """
        set -e
        git init -q repository
        cd repository
        echo text > file
        git add file
        git -c user.name=a -c user.email=a@b commit -qm first --date=@0
        git log --format=%s --stat
        git gc -q
        git fsck 2>&1
        cd .. && rm -rf repository
        """,
      ]
    ),
    Case(
      name: "GCC: a program compiled and run",
      files: ["hello.c": "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n"],
      command: ["bash", "-c", "gcc -O2 -o hello hello.c && ./hello && rm hello"]
    ),
    Case(
      name: "Go: goroutines that call C",
      files: [
        "main.go": """
        package main

        // #include <stdlib.h>
        import "C"

        import (
          "fmt"
          "sync"
        )

        func main() {
          var group sync.WaitGroup
          for i := 0; i < 8; i++ {
            group.Add(1)
            go func() {
              defer group.Done()
              for size := 1; size < 2000; size++ {
                C.free(C.malloc(C.size_t(size)))
              }
            }()
          }
          group.Wait()
          fmt.Println("done")
        }
        """,
        "go.mod": "module example\n",
      ],
      preparation: ["go", "build", "-o", "example", "."],
      command: ["./example"]
    ),
    Case(
      name: "Node: timers, promises, and a worker",
      files: [
        "program.js": """
        const { Worker } = require("worker_threads");
        const worker = new Worker("require('worker_threads').parentPort.postMessage(6 * 7)", { eval: true });
        worker.on("message", (answer) => setTimeout(() => { console.log(answer); process.exitCode = 5; }, 10));
        """
      ],
      command: ["node", "program.js"]
    ),
  ]

  /// Those that are installed: Node is the only one that this project doesn't ask for.
  private static let installed = cases.filter { item in
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return item.command[0].contains("/")
      || path.split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(item.command[0])")
      }
  }

  @Test("do the same with and without the recorder", arguments: installed)
  func same(item: Case) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, text) in item.files { try Data(text.utf8).write(to: folder.file(name)) }
    if !item.preparation.isEmpty {
      let run = try await Subprocess.run(item.preparation, in: folder.url)
      try #require(run.exitStatus == 0, "\(run.transcript)")
    }
    let alone = try await Subprocess.run(item.command, in: folder.url)
    let tool = [try Built.tool(), "run", "--quiet", "--allow-unexamined", "--no-config", "--"]
    let watched = try await Subprocess.run(tool + item.command, in: folder.url)
    #expect(watched.exitStatus == alone.exitStatus, "\(watched.transcript)")
    #expect(watched.output == alone.output)
    #expect(!alone.output.isEmpty, "\(alone.transcript)")
    #expect(watched.errors.hasPrefix(alone.errors), "\(watched.transcript)")
  }
}
