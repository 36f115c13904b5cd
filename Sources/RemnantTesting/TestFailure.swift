internal import Foundation
internal import Testing
internal import XCTest

/// Where a helper was called: a failure is shown there.
struct CallSite: Sendable {
  var fileID: String
  var file: StaticString
  var line: UInt
  var column: UInt
}

/// Fails the test that is running, of either framework, at the caller's line.
enum TestFailure {
  static func record(
    _ message: String,
    at site: CallSite,
    attaching files: [(name: String, text: String)] = []
  ) {
    if Test.current != nil {
      let location = SourceLocation(
        fileID: site.fileID,
        filePath: "\(site.file)",
        line: Int(site.line),
        column: Int(site.column)
      )
      for (name, text) in files {
        Attachment.record(Attachment(text, named: name), sourceLocation: location)
      }
      Issue.record(Comment(rawValue: message), sourceLocation: location)
    } else if TestCases.shared.isRunning {
      XCTFail(message, file: site.file, line: site.line)
    } else {
      // A failure that no test takes would be lost.
      let text = "\(site.file):\(site.line): \(message)\n"
      FileHandle.standardError.write(Data(text.utf8))
    }
  }
}
