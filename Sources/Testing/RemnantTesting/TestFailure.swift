internal import Foundation
internal import Remnant
internal import Testing
internal import XCTest

/// Fails the test that is running, of either framework, at the caller's line.
enum TestFailure {
  /// What a check found: it fails the test, unless the mode says otherwise.
  static func recordLeak(
    _ message: String,
    at site: CallSite,
    _ mode: LeakCheckMode,
    attaching files: [(name: String, text: String)] = []
  ) {
    switch mode.action {
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

  /// A check that can't say whether anything is leaked: a warning in Swift Testing, a line in XCTest.
  ///
  /// Nor does it say that a known leak is fixed.
  static func recordUndecided(_ message: String, at site: CallSite, _ mode: LeakCheckMode) {
    if case .collect(let known) = mode.action { known.add() }
    UndecidedCheck.note(at: "\(site.fileID):\(site.line)")
    if Test.current != nil {
      Issue.record(Comment(rawValue: message), severity: .warning, sourceLocation: location(site))
    } else {
      warn(message, at: site)
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
      if let file = site.staticFile {
        XCTFail(message, file: file, line: site.line)
      } else {
        TestCases.shared.record(message, file: site.file, line: site.line)
      }
    } else if Test.current == nil, TestCases.shared.isXCTest {
      // XCTest loses a failure that no test takes.
      warn(message, at: site)
    } else {
      // Of no test in particular, where the check runs in no task of one, or in an exit test: it fails the run.
      let location = location(site)
      for (name, text) in files {
        Attachment.record(Attachment(text, named: name), sourceLocation: location)
      }
      Issue.record(Comment(rawValue: message), sourceLocation: location)
    }
  }

  private static func location(_ site: CallSite) -> SourceLocation {
    SourceLocation(
      fileID: site.fileID,
      filePath: site.file,
      line: Int(site.line),
      column: Int(site.column)
    )
  }
}
