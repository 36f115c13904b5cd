import Foundation
import LeakReports
import Testing

@testable import TestRunner

@Suite struct TestLogTests {
  private let printed = """
    Test Suite 'Tree' started at 2025-01-01 10:00:00.000
    Test Case 'Tree.testAdd' started at 2025-01-01 10:00:00.000
    a line of the test's own
    no newline at its endTest Case 'Tree.testAdd' passed (0.001 seconds)
    Test Case 'Tree.testSkip' started at 2025-01-01 10:00:00.000
    Test Case 'Tree.testSkip' skipped (0.001 seconds)
    Test Case 'Tree.testHang' started at 2025-01-01 10:00:00.000

    """

  @Test("What XCTest prints is understood in chunks of any size", arguments: [1, 7, 4096])
  func chunks(size: Int) {
    let log = XCTestLog()
    var rest = Data(printed.utf8)[...]
    while !rest.isEmpty {
      log.read(Data(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    #expect(log.tests == ["Tree.testAdd", "Tree.testSkip", "Tree.testHang"])
    #expect(log.unfinished == ["Tree.testHang"])
  }

  @Test("A line without an end takes no memory without an end")
  func longLine() {
    let log = XCTestLog()
    log.read(Data(repeating: UInt8(ascii: "x"), count: 1 << 20))
    log.read(Data("\nTest Case 'A.b' started at 1\n".utf8))
    #expect(log.tests == ["A.b"])
  }

  @Test(
    "Swift Testing's events name each test with its file, and what didn't end; half a line is left out"
  )
  func events() {
    let events = #"""
      {"version":0,"kind":"test","payload":{"kind":"suite","id":"App.Tree"}}
      {"version":0,"kind":"test","payload":{"kind":"function","id":"App.Tree/add()/TreeTests.swift:9:4","sourceLocation":{"fileID":"App/TreeTests.swift"}}}
      {"version":0,"kind":"test","payload":{"kind":"function","id":"App.Tree/hang()/TreeTests.swift:19:4"}}
      {"version":0,"kind":"event","payload":{"kind":"runStarted"}}
      {"version":0,"kind":"event","payload":{"kind":"testStarted","testID":"App.Tree"}}
      {"version":0,"kind":"event","payload":{"kind":"testStarted","testID":"App.Tree/add()/TreeTests.swift:9:4"}}
      {"version":0,"kind":"event","payload":{"kind":"testStarted","testID":"App.Tree/hang()/TreeTests.swift:19:4"}}
      {"version":0,"kind":"event","payload":{"kind":"testEnded","testID":"App.Tree/add()/TreeTests.swift:9:4"}}
      {"version":0,"kind":"event","payl
      """#
    let log = SwiftTestingLog(Data(events.utf8))
    #expect(
      log.tests == [
        TestAttribution.Test(id: "App.Tree/add()", file: "TreeTests.swift"),
        TestAttribution.Test(id: "App.Tree/hang()"),
      ]
    )
    #expect(log.unfinished == ["App.Tree/hang()"])
  }
}
