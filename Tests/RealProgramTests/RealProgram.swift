import Foundation
import TestSupport
import Testing

/// A program of `Fixtures/RealPrograms`, and what its leaky mode leaks.
struct RealProgram: Sendable, CustomTestStringConvertible {
  let name: String
  /// How many instances of each of the program's own classes its leaky mode leaks.
  let leakedTypes: [String: Int]
  /// The properties along the planted cycle.
  let cycle: [String]
  /// The hint's text begins so.
  let hint: String

  var testDescription: String { name }

  static let all = [
    RealProgram(
      name: "EchoServer",
      leakedTypes: ["EchoServer.EchoHandler": 10, "EchoServer.Statistics": 1],
      cycle: ["onClose"],
      hint: "capture the EchoHandler weakly in the closure at main.swift:"
    ),
    RealProgram(
      name: "Database",
      leakedTypes: ["Database.Leaderboard": 1],
      cycle: ["observation", "cancelMutex", "notificationCallbacks", "onChange"],
      hint: "capture self weakly in the closure at Leaderboard.swift:"
    ),
    RealProgram(
      name: "Pipelines",
      leakedTypes: ["Pipelines.Search": 3],
      cycle: ["subscriptions", "[]", "cancel", "receiveValue"],
      hint: "capture self weakly in the closure at Search.swift:"
    ),
    RealProgram(
      name: "WebServer",
      leakedTypes: [
        "WebServer.Shop": 1, "WebServer.RequestLog": 1, "WebServer.StockCounter": 1,
      ],
      cycle: ["steps", "[]", "shop"],
      hint: "make `StockCounter.shop` weak"
    ),
  ]

  /// The package's root: this file lies two folders below it.
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// All of them, once.
  private static let build = Task {
    let build = try await Subprocess.run(
      [
        "swift", "build", "--package-path", "Fixtures/RealPrograms", "--scratch-path",
        ".build-real",
      ],
      in: root,
      timeout: 1800
    )
    try #require(build.exitStatus == 0, "\(build.transcript)")
  }

  /// The path of its executable, which the first test to ask builds.
  func executable() async throws -> String {
    try await Self.build.value
    return Self.root.appending(path: ".build-real/debug/\(name)").path
  }
}
