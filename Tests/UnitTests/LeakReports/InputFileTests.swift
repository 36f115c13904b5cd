import Foundation
import Testing

@testable import LeakReports

@Suite("Reading files that users name") final class InputFileTests {
  private let pipe = NSTemporaryDirectory() + "/remnant-input-\(UUID().uuidString)"

  init() throws { try #require(mkfifo(pipe, 0o600) == 0) }

  deinit { unlink(pipe) }

  @Test("A named pipe that nothing is written into is an error, and no wait without end")
  func silentPipe() throws {
    let error = #expect(throws: ReportError.self) {
      try InputFile.bytes(of: pipe, limit: 100, patience: .milliseconds(40))
    }
    #expect(error?.message.contains("named pipe") == true)
    // With a writer that writes nothing.
    let writer = open(pipe, O_RDWR)
    try #require(writer >= 0)
    defer { close(writer) }
    #expect(throws: ReportError.self) {
      try InputFile.bytes(of: pipe, limit: 100, patience: .milliseconds(4))
    }
  }

  @Test("What a slow writer writes into a named pipe is read to its end")
  func slowPipe() async throws {
    let path = pipe
    Thread.detachNewThread {
      let writer = open(path, O_WRONLY)
      for _ in 0..<3 {
        usleep(20_000)
        _ = write(writer, "piece ", 6)
      }
      close(writer)
    }
    let text = try InputFile.bytes(of: path, limit: 100, patience: .seconds(60))
    #expect(String(decoding: text, as: UTF8.self) == "piece piece piece ")
  }
}
