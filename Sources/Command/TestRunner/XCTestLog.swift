internal import Foundation
internal import Synchronization

/// What XCTest printed: which test cases began and ended.
final class XCTestLog: Sendable {
  private struct State {
    var line: [UInt8] = []
    var tests: [String] = []
    var running: [String] = []
  }

  private let state = Mutex(State())

  /// `Case.test`, as XCTest prints them.
  var tests: [String] { state.withLock { $0.tests } }
  var unfinished: [String] { state.withLock { $0.running } }

  func read(_ data: Data) {
    state.withLock { state in
      for byte in data {
        if byte != UInt8(ascii: "\n") {
          // No line of interest is longer.
          if state.line.count < 4096 { state.line.append(byte) }
          continue
        }
        Self.follow(String(decoding: state.line, as: UTF8.self), &state)
        state.line = []
      }
    }
  }

  // `Test Case 'NodeTests.testRing' started at …`, `… passed (0.001 seconds)`
  private static func follow(_ line: String, _ state: inout State) {
    // A test's own output needs no newline at its end.
    guard let start = line.range(of: "Test Case '")?.upperBound,
      let end = line[start...].range(of: "' ")
    else { return }
    let test = String(line[start..<end.lowerBound])
    let rest = line[end.upperBound...]
    if rest.hasPrefix("started at ") {
      state.tests.append(test)
      state.running.append(test)
    } else if ["passed (", "failed (", "skipped ("].contains(where: rest.hasPrefix) {
      state.running.removeAll { $0 == test }
    }
  }
}
