internal import Foundation
internal import LeakReports

/// What Swift Testing wrote into its stream of events.
struct SwiftTestingLog {
  private(set) var tests: [TestAttribution.Test] = []
  private(set) var unfinished: [String] = []

  private struct Record: Decodable {
    struct Payload: Decodable {
      struct Location: Decodable { var fileID: String? }
      var id: String?
      var kind: String
      var testID: String?
      var sourceLocation: Location?
    }
    var kind: String
    var payload: Payload
  }

  init(_ data: Data) {
    var functions: [String: TestAttribution.Test] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      // The last line of a test process that crashed may be half a line.
      guard let record = try? JSONDecoder().decode(Record.self, from: line) else { continue }
      let payload = record.payload
      switch (record.kind, payload.kind) {
      case ("test", "function"):
        guard let id = payload.id else { continue }
        let file = payload.sourceLocation?.fileID?.split(separator: "/").last.map(String.init)
        functions[id] = TestAttribution.Test(id: Self.name(id), file: file)
      case ("event", "testStarted"):
        guard let id = payload.testID, let test = functions[id] else { continue }
        tests.append(test)
        unfinished.append(test.id)
      case ("event", "testEnded"):
        guard let id = payload.testID, let test = functions[id] else { continue }
        unfinished.removeAll { $0 == test.id }
      default: continue
      }
    }
  }

  /// `Module.Suite/test()/File.swift:9:4` without the place.
  private static func name(_ id: String) -> String {
    guard let slash = id.lastIndex(of: "/"), id[slash...].contains(".swift:") else { return id }
    return String(id[..<slash])
  }
}
