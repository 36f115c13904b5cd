import Foundation
import Testing

@testable import LeakReports

@Suite("Writing files")
final class AtomicFileTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "/remnant-atomic-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func contents(_ name: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test("a file is written, replaced, and nothing else is left")
  func writes() throws {
    try AtomicFile.write("one", to: "\(folder)/a.json")
    try AtomicFile.write("two", to: "\(folder)/a.json")
    #expect(try contents("a.json") == "two")
    #expect(names == ["a.json"])
  }

  @Test("an empty and a large text are written whole")
  func sizes() throws {
    try AtomicFile.write("", to: "\(folder)/empty")
    #expect(try contents("empty") == "")
    let large = String(repeating: "é", count: 3_000_000)
    try AtomicFile.write(large, to: "\(folder)/large")
    #expect(try contents("large") == large)
  }

  @Test("writes that the system cuts short or interrupts are carried on")
  func shortWrites() throws {
    var calls = 0
    try AtomicFile.write("hello, world", to: "\(folder)/a") { descriptor, bytes in
      calls += 1
      if calls == 2 {
        errno = EINTR
        return -1
      }
      return write(descriptor, bytes.baseAddress, min(bytes.count, 5))
    }
    #expect(try contents("a") == "hello, world")
    #expect(calls == 4)
  }

  @Test("a disk that fills up in the middle leaves the old file, and no other")
  func fullDisk() throws {
    try AtomicFile.write("old", to: "\(folder)/a.json")
    let error = #expect(throws: ReportError.self) {
      var isFirst = true
      try AtomicFile.write("new and longer", to: "\(folder)/a.json") { descriptor, bytes in
        if isFirst {
          isFirst = false
          return write(descriptor, bytes.baseAddress, 3)
        }
        errno = ENOSPC
        return -1
      }
    }
    #expect(error?.code == .cannotWrite)
    #expect(error?.message.contains("a.json': No space left on device") == true)
    #expect(error?.remedy == "make room, or choose another place")
    #expect(try contents("a.json") == "old")
    #expect(names == ["a.json"])
  }

  @Test("a device that is full says so")
  func fullDevice() throws {
    let error = #expect(throws: ReportError.self) { try AtomicFile.write("x", to: "/dev/full") }
    #expect(error?.message.contains("No space left on device") == true)
  }

  @Test("a missing folder, a path below a file and a name that is too long are refused")
  func badPaths() throws {
    try AtomicFile.write("", to: "\(folder)/file")
    let long = String(repeating: "x", count: 300)
    for (path, remedy) in [
      ("missing/a.json", "make its folder first: mkdir -p"),
      ("file/a.json", "a part of the path is a file"),
      (long, "choose a shorter name"),
    ] {
      let error = #expect(throws: ReportError.self) {
        try AtomicFile.write("x", to: "\(folder)/\(path)")
      }
      #expect(error?.message.contains(path) == true)
      #expect(error?.remedy.contains(remedy) == true)
    }
    #expect(names == ["file"])
  }

  @Test("a name as long as a name can be is written")
  func longestName() throws {
    let name = String(repeating: "x", count: 255)
    try AtomicFile.write("x", to: "\(folder)/\(name)")
    #expect(names == [name])
  }

  @Test("a directory and an empty name are refused")
  func directory() throws {
    for path in [folder, folder + "/"] {
      let error = #expect(throws: ReportError.self) { try AtomicFile.write("x", to: path) }
      #expect(error?.message.contains("is a directory") == true)
    }
    #expect(throws: ReportError.self) { try AtomicFile.write("x", to: "") }
  }

  @Test("a replaced file keeps its mode, and a new one follows the mask")
  func modes() throws {
    try AtomicFile.write("one", to: "\(folder)/a")
    #expect(chmod("\(folder)/a", 0o640) == 0)
    try AtomicFile.write("two", to: "\(folder)/a")
    var status = stat()
    #expect(stat("\(folder)/a", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
    #expect(try contents("a") == "two")
  }

  @Test("a symbolic link stays one, and its file is replaced")
  func symbolicLink() throws {
    try AtomicFile.write("old", to: "\(folder)/real")
    #expect(symlink("real", "\(folder)/link") == 0)
    try AtomicFile.write("new", to: "\(folder)/link")
    #expect(try contents("real") == "new")
    var status = stat()
    #expect(lstat("\(folder)/link", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test("an open descriptor is written to where it stands, and its file isn't replaced")
  func openDescriptor() throws {
    let path = "\(folder)/out"
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(write(descriptor, "program\n", 8) == 8)
    try AtomicFile.write("report\n", to: "/dev/fd/\(descriptor)")
    #expect(try contents("out") == "program\nreport\n")
    #expect(names == ["out"])
  }

  @Test("a pipe whose reader is gone is an error, and no death by signal")
  func brokenPipe() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let error = #expect(throws: ReportError.self) {
      try AtomicFile.write("report\n", to: "/dev/fd/\(ends[1])")
    }
    #expect(error?.message.contains("Broken pipe") == true)
  }

  @Test("a named pipe is written to directly")
  func namedPipe() throws {
    let path = "\(folder)/pipe"
    try #require(mkfifo(path, 0o600) == 0)
    // Open for both, so that neither end waits for the other.
    let descriptor = open(path, O_RDWR)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try AtomicFile.write("report", to: path)
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(read(descriptor, &buffer, 16) == 6)
    #expect(names == ["pipe"])
  }

  @Test("a symbolic link to nothing is an error, before a run and after it, and stays")
  func danglingLink() throws {
    try #require(symlink("missing", "\(folder)/link") == 0)
    for attempt in [
      { try AtomicFile.checkWritable("\(self.folder)/link") },
      { try AtomicFile.write("new", to: "\(self.folder)/link") },
    ] {
      let error = #expect(throws: ReportError.self) { try attempt() }
      #expect(error?.message.contains("symbolic link") == true)
    }
    #expect(names == ["link"])
  }

  @Test("a named pipe that nothing reads is an error, and no wait without end")
  func unreadPipe() throws {
    let path = "\(folder)/pipe"
    try #require(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: ReportError.self) { try AtomicFile.write("report", to: path) }
    #expect(error?.remedy.contains("nothing reads") == true)
  }
}
