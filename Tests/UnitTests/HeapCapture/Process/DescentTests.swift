import Foundation
import Testing

@testable import HeapCapture

@Suite("Who descends from whom") struct DescentTests {
  private let own = ProcessDirectory(process: getpid())

  @Test("A process descends from itself and from its parent, and not the other way around")
  func parents() {
    #expect(own.mayDescend(from: getpid()))
    #expect(own.mayDescend(from: getppid()))
    #expect(!ProcessDirectory(process: getppid()).mayDescend(from: getpid()))
  }

  @Test("So do its children, and theirs once the parent between them has ended")
  func children() throws {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", "sleep 60 </dev/null >/dev/null 2>&1 & echo $!"]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let orphan = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    defer { kill(orphan, SIGKILL) }
    // Not `waitUntilExit`: it waits until nothing has the descriptors any more that the shell was started with.
    while try parent(of: orphan) == shell.processIdentifier { usleep(1_000) }
    #expect(ProcessDirectory(process: orphan).mayDescend(from: getpid()))

    let child = Process()
    child.executableURL = URL(filePath: "/bin/sleep")
    child.arguments = ["60"]
    try child.run()
    defer { child.terminate() }
    #expect(ProcessDirectory(process: child.processIdentifier).mayDescend(from: getpid()))
    // Its sibling doesn't descend from it: it began earlier, and its parent is another one.
    #expect(!own.mayDescend(from: child.processIdentifier))
  }

  private func parent(of process: Int32) throws -> Int32? {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
    return line.flatMap { Int32($0.dropFirst(5).trimmingCharacters(in: .whitespaces)) }
  }

  @Test("What has ended, or never was, descends from nothing")
  func nothing() {
    #expect(!ProcessDirectory(process: .max).mayDescend(from: getpid()))
    #expect(!own.mayDescend(from: .max))
  }
}
