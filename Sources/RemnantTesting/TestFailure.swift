internal import Foundation
internal import Testing
internal import XCTest

/// Where a helper was called: a failure is shown there.
struct CallSite: Sendable {
  let fileID: String
  let file: String
  let line: UInt
  let column: UInt
  /// As XCTest wants it; nil for a place that Swift Testing told.
  let staticFile: StaticString?

  init(fileID: String, file: StaticString, line: UInt, column: UInt) {
    self.fileID = fileID
    self.file = "\(file)"
    self.line = line
    self.column = column
    staticFile = file
  }

  init(_ location: SourceLocation) {
    fileID = location.fileID
    file = location.filePath
    line = UInt(location.line)
    column = UInt(location.column)
    staticFile = nil
  }
}

/// Fails the test that is running, of either framework, at the caller's line.
enum TestFailure {
  /// What a check found: it fails the test, unless the current mode says otherwise.
  static func recordLeak(
    _ message: String,
    at site: CallSite,
    attaching files: [(name: String, text: String)] = []
  ) {
    switch LeakCheckMode.current.action {
    case .fail, .ignore, .suppress, .skip: record(message, at: site, attaching: files)
    case .warn: warn(message, at: site)
    case .collect(let known):
      known.add()
      warn("known leak (\(known.reason)): \(message)", at: site)
    }
  }

  /// A check that checks nothing: it fails the test, unless failures are only warnings here.
  static func recordMisuse(_ message: String, at site: CallSite) {
    if case .warn = LeakCheckMode.current.action {
      warn(message, at: site)
    } else {
      record(message, at: site)
    }
  }

  /// Says something without failing anything.
  static func warn(_ message: String, at site: CallSite) {
    FileHandle.standardError.write(Data("\(site.file):\(site.line): \(message)\n".utf8))
  }

  static func record(
    _ message: String,
    at site: CallSite,
    attaching files: [(name: String, text: String)] = []
  ) {
    if Test.current == nil, TestCases.shared.isRunning {
      XCTFail(message, file: site.staticFile ?? #filePath, line: site.line)
    } else if Test.current == nil, TestCases.shared.isXCTest {
      // A failure that no test takes would be lost.
      warn(message, at: site)
    } else {
      // Of no test in particular, where the check runs in no task of one, or in an exit test: it fails the run.
      let location = SourceLocation(
        fileID: site.fileID,
        filePath: site.file,
        line: Int(site.line),
        column: Int(site.column)
      )
      for (name, text) in files {
        Attachment.record(Attachment(text, named: name), sourceLocation: location)
      }
      Issue.record(Comment(rawValue: message), sourceLocation: location)
    }
  }
}
