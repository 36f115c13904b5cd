import TestSupport
import Testing

@Suite("The recorder's library")
struct LibraryTests {
  @Test("It needs libc and nothing else: no Swift runtime, no unwinder")
  func needs() async throws {
    let run = try await Subprocess.run(["readelf", "-d", Built.recorder()])
    #expect(run.exitStatus == 0, "\(run.transcript)")
    let needed = run.output.split(separator: "\n").filter { $0.contains("(NEEDED)") }
    #expect(needed.count == 1, "\(run.output)")
    #expect(needed.allSatisfy { $0.contains("[libc.so.6]") }, "\(run.output)")
  }

  @Test("It exports its wrappers and nothing else")
  func exports() async throws {
    let run = try await Subprocess.run(
      ["nm", "--dynamic", "--defined-only", "--format=posix", Built.recorder()]
    )
    #expect(run.exitStatus == 0, "\(run.transcript)")
    // A lower-case letter is a local symbol.
    let names = run.output.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ")
      // A lower-case letter is a local symbol.
      return words[1] == words[1].uppercased() ? String(words[0]) : nil
    }
    #expect(names.sorted() == Self.wrappers.sorted())
  }

  @Test("Its thread-local storage and its functions are there from the start")
  func threadLocalStorage() async throws {
    let run = try await Subprocess.run(["readelf", "-dW", "--relocs", Built.recorder()])
    #expect(run.exitStatus == 0, "\(run.transcript)")
    // A dynamic one is allocated, with malloc, when it is first used: within malloc.
    #expect(run.output.contains("STATIC_TLS"))
    #expect(!run.output.contains("DTPMOD"), "\(run.output)")
    // Nor is a function looked up at its first call, which could be on a signal handler's stack.
    #expect(run.output.contains("BIND_NOW"), "\(run.output)")
  }

  private static let wrappers = [
    "malloc", "calloc", "realloc", "reallocarray", "free",
    "memalign", "aligned_alloc", "posix_memalign", "valloc", "pvalloc",
    "rallocx", "xallocx", "dallocx", "sdallocx",
    "__libc_start_main", "_exit", "_Exit",
    "execve", "execv", "execvp", "execvpe", "fexecve", "execl", "execlp", "execle",
    "posix_spawn", "posix_spawnp",
    "pthread_getattr_np", "dl_iterate_phdr", "dlclose",
    "syscall", "prctl", "sigaltstack",
  ]
}
