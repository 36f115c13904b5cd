import Foundation
import TestSupport
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

  /// The path of one of the fixtures' executables, which the first one to ask builds.
  static func executable(
    _ configuration: Configuration,
    named name: String = "RemnantFixtures"
  ) async throws -> String {
    let build = try await builds.value
    if build.exitStatus != 0 { throw BuildFailed(output: build.transcript) }
    return root.appending(path: ".build-fixtures/\(configuration.rawValue)/\(name)").path
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
}
