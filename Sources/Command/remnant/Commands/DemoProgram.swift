internal import Foundation
internal import ProgramRunner

/// The program with a known leak, which lies beside the command.
enum DemoProgram {
  static let fileName = "remnant-demo"
  /// What it leaks, beside other things.
  static let leakedType = "remnant_demo.Session"
  static let leakedCount = 3

  static func path() throws -> String {
    let candidates = Installation.candidates(fileName, in: ["", "../libexec/remnant"])
    guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw SessionError(
        message: "\(fileName) is not beside the command",
        remedy: "build it (`swift build`) or install it whole; searched "
          + candidates.joined(separator: ", ")
      )
    }
    return path
  }
}
