import ELF
import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

/// A program with many threads stands still no longer than it must.
@Suite("Stopped processes") struct StoppedProcessTests {
  private static let source = """
    #include <pthread.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <unistd.h>
    void wait_here(void) { for (;;) pause(); }
    void outer_function(void) { wait_here(); __asm__ volatile(""); }
    static void *work(void *unused) { outer_function(); return unused; }
    int main(int count, char **arguments) {
      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      pthread_attr_setstacksize(&attributes, 65536);
      pthread_t thread;
      for (int i = 0; i < atoi(arguments[1]); i++)
        if (pthread_create(&thread, &attributes, work, NULL)) return 9;
      char *reserved = mmap(NULL, 64ul << 30, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (reserved == MAP_FAILED) return 8;
      reserved[1ul << 30] = 1;
      reserved[(40ul << 30) + 5000] = 1;
      printf("%p\\n", (void *)reserved);
      fflush(stdout);
      wait_here();
    }
    """

  /// A child that has printed where its reserved memory begins.
  private struct Child {
    let process: Process
    let reserved: Address
    private let folder: URL

    init(threads: Int) throws {
      folder = FileManager.default.temporaryDirectory.appending(
        path: "stopped-\(UUID().uuidString)"
      )
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let source = folder.appending(path: "threads.c")
      try Data(StoppedProcessTests.source.utf8).write(to: source)
      let program = folder.appending(path: "threads").path
      let compiler = Process()
      compiler.executableURL = URL(filePath: "/usr/bin/env")
      compiler.arguments =
        ["gcc", "-g", "-O1", "-fno-optimize-sibling-calls", "-fomit-frame-pointer"]
        + ["-fno-inline", "-pthread", source.path, "-o", program]
      try compiler.run()
      compiler.waitUntilExit()
      try #require(compiler.terminationStatus == 0)
      process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = [String(threads)]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
      let digits = line.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst(2)
      reserved = Address(try #require(UInt64(digits, radix: 16)))
    }

    /// Waits until every thread sleeps: the last ones may still be on their way.
    func settle() throws {
      let tasks = "/proc/\(process.processIdentifier)/task"
      for _ in 0..<5_000 {
        let states = try FileManager.default.contentsOfDirectory(atPath: tasks).map { thread in
          try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
        }
        if states.allSatisfy({ $0.contains("State:\tS") }) { return }
        usleep(2_000)
      }
    }

    func end() {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try? FileManager.default.removeItem(at: folder)
    }
  }

  /// System calls of this very thread that read a file.
  private static func reads() -> Int {
    let text = (try? String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("syscr: ") }
    return line.flatMap { Int($0.dropFirst(7)) } ?? 0
  }

  @Test("Every thread is unwound to its start, and the map is read once for all of them")
  func manyThreads() throws {
    let count = 400
    let child = try Child(threads: count)
    defer { child.end() }
    try child.settle()
    let process = child.process.processIdentifier
    struct Seen: Sendable {
      var threads: [StoppedProcess.Thread]
      var reads: Int
    }
    let seen = try Tracer.run { () throws(CaptureError) -> Seen in
      let before = Self.reads()
      let stopped = try StoppedProcess(process: process)
      return Seen(threads: stopped.threads, reads: Self.reads() - before)
    }
    #expect(seen.threads.count == count + 1)
    let map = try #require(ProcessDirectory(process: process).memoryMap())
    let images = ImageTable(map)
    for thread in seen.threads {
      let names = thread.frames.dropFirst().map {
        images.symbol(containing: Address($0) - 1)?.name ?? "?"
      }
      let own =
        thread.id == process ? ["wait_here", "main"] : ["wait_here", "outer_function", "work"]
      #expect(names.filter(own.contains) == own, "\(names)")
      // A thread begins in libc, whose own functions may have no symbols.
      let last = try #require(thread.frames.last)
      let start = images.entry(containing: Address(last) - 1)?.image.path ?? ""
      #expect(
        thread.id == process ? names.last == "_start" : start.contains("/libc.so"),
        "\(names)"
      )
      #expect(thread.frameStackPointers == thread.frameStackPointers.sorted())
    }
    // A thread's name, its status; what is read for each thread doesn't grow with their number.
    #expect(seen.reads < 12 * count + 1000, "\(seen.reads)")
  }

  @Test("Of reserved memory, only what was written is read", arguments: [false, true])
  func reservedMemory(isRead: Bool) throws {
    let child = try Child(threads: 0)
    defer { child.end() }
    let process = child.process.processIdentifier
    let reader = ProcessMemoryReader(process: process)
    let range = Range(at: child.reserved, size: 64 << 30)
    // A page that is only read comes to exist, and holds nothing: the kernel says so since 6.7.
    if isRead { _ = reader.bytes(child.reserved + (1 << 20), count: 1) }
    let parts = reader.writtenParts(of: range)
    let written = [1 << 30, (40 << 30) + 4096].map { child.reserved + $0 }
    for page in written { #expect(parts.contains { $0.contains(page) }) }
    #expect(parts.map(\.size).reduce(0, +) <= 16 << 20, "\(parts)")

    let map = try #require(ProcessDirectory(process: process).memoryMap())
    let root = Root(kind: .mapping, name: "anonymous memory")
    let regions = [HeapOutline.RootRegion(root: root, range: range)]
    let roots = WrittenRoots(map: map, reader: reader).parts(of: regions)
    #expect(roots.map(\.range) == parts)
  }

  @Test("An older kernel's way of telling written pages says the same")
  func olderKernel() throws {
    let child = try Child(threads: 0)
    defer { child.end() }
    let range = Range(at: child.reserved, size: 2 << 30)
    let presence = PagePresence(process: child.process.processIdentifier)
    let old = presence.runs(range)
    #expect(old.contains { $0.contains(child.reserved + (1 << 30)) })
    if let new = presence.scannedRuns(range) {
      #expect(new.map(\.size).reduce(0, +) == old.map(\.size).reduce(0, +))
    }
  }
}
