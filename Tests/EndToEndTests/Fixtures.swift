import Foundation

/// How the fixtures are built.
enum Configuration: String, CaseIterable, Sendable {
  case debug, release
}

/// The package of fixtures and the programs that it is built into.
enum Fixtures {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let package = repository.appendingPathComponent("Fixtures")
  /// Not the fixtures' own `.build`: a person may be building there.
  private static let scratch = repository.appendingPathComponent(".build-fixtures")

  private static let debug = build(.debug)
  private static let release = build(.release)

  /// Builds the first time that it is asked for.
  static func program(_ configuration: Configuration) throws -> URL {
    switch configuration {
    case .debug: try debug.get()
    case .release: try release.get()
    }
  }

  /// What a scenario prints when nothing watches it.
  static func run(_ name: String, _ configuration: Configuration) throws -> Subprocess.Result {
    try Subprocess(
      executable: program(configuration),
      arguments: [name],
      directory: repository
    ).run()
  }

  private static func build(_ configuration: Configuration) -> Result<URL, any Error> {
    Result {
      let result = try Subprocess(
        executable: URL(fileURLWithPath: "/usr/bin/env"),
        arguments: [
          "swift", "build", "--package-path", package.path, "--scratch-path", scratch.path, "-c",
          configuration.rawValue,
        ],
        directory: repository,
        timeLimit: .seconds(900)
      ).run()
      guard result.status == 0 else {
        throw Subprocess.Failure(
          description: "the fixtures don't build:\n\(result.output)\n\(result.errors)"
        )
      }
      return scratch.appendingPathComponent(configuration.rawValue)
        .appendingPathComponent("RemnantFixtures")
    }
  }
}

/// The last line that a scenario prints: how many objects of its classes are alive.
struct Truth: Decodable {
  var scenario: String
  var alive: [String: Int]

  init(lastLineOf output: String) throws {
    guard let line = output.split(separator: "\n").last else {
      throw Subprocess.Failure(description: "the scenario printed nothing")
    }
    self = try JSONDecoder().decode(Self.self, from: Data(line.utf8))
  }
}
