import Foundation
import Testing

/// How the fixtures are built.
enum Configuration: String, Sendable, CaseIterable {
  case debug, release
}

/// Where things are, and the built fixtures.
enum Fixture {
  /// The package's root: this file lies two folders below it.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let expectationFolder = root.appending(path: "Fixtures/Expectations")

  /// The scenarios that have an expectation.
  static let scenarios: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: expectationFolder.path)
    return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }()

  static func expectation(
    of scenario: String,
    _ configuration: Configuration
  ) throws -> Expectation {
    let file = expectationFolder.appending(path: "\(scenario).json")
    return try Expectation.decode(try Data(contentsOf: file), configuration)
  }

  /// The path of the fixtures' executable, which the first one to ask builds.
  static func executable(_ configuration: Configuration) async throws -> String {
    let build = try await builds.value
    if build.exitStatus != 0 { throw BuildFailed(output: build.transcript) }
    return root.appending(path: ".build-fixtures/\(configuration.rawValue)/RemnantFixtures").path
  }

  /// The tool that was built with these tests: it lies beside the test bundle.
  static func tool() throws -> String {
    guard let bundle = try testBundle() else { throw NoTool(path: "the test bundle's folder") }
    let path = bundle.deletingLastPathComponent().appending(path: "remnant").path
    guard FileManager.default.isExecutableFile(atPath: path) else { throw NoTool(path: path) }
    return path
  }

  /// The file that this code was loaded from, which isn't always the process's executable: the one
  /// that `/proc/self/maps` names for an address in it (`dladdr` isn't visible to Swift here).
  private static func testBundle() throws -> URL? {
    let address = UInt(bitPattern: #dsohandle)
    let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
    for line in maps.split(separator: "\n") {
      let columns = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      let bounds = columns[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if bounds.count == 2, columns.count == 6, bounds[0] <= address, address < bounds[1] {
        return URL(filePath: columns[5].trimmingCharacters(in: .whitespaces))
      }
    }
    return nil
  }

  /// Both configurations, once, one after the other: two builds can't share a scratch folder.
  private static let builds = Task {
    var last: Subprocess?
    for configuration in Configuration.allCases {
      let build = try await Subprocess.run(
        [
          "swift", "build", "--package-path", "Fixtures", "--scratch-path", ".build-fixtures",
          "-c", configuration.rawValue,
        ],
        in: root,
        timeout: 900
      )
      last = build
      if build.exitStatus != 0 { break }
    }
    return try #require(last)
  }

  struct BuildFailed: Error, CustomStringConvertible {
    let output: String
    var description: String { "the fixtures don't build: \(output)" }
  }

  struct NoTool: Error, CustomStringConvertible {
    let path: String
    var description: String { "there is no remnant to run at \(path)" }
  }
}
